"""The runtime contract: what a transport speaks, whatever it is. Above: web, gate, and other programs in this process.
Below: the engine.
"""
