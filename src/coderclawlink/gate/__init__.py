"""The hub's end of the link: who is let in, what each node should hold, what it tells.

Above: app. Below: the engine's rows and the words of the link. The wire itself is a WebSocket that the node dials.
"""
