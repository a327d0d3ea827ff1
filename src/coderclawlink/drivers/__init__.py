"""Agents: how each kind is found, started, spoken to and stopped.

Above: `node.execute`, which runs one attempt. Below: the link's words and the ground. A driver knows nothing of the hub,
of git or of the sandbox: it is handed a place to work and a way to start contained processes.
"""
