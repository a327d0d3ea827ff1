"""The node: makes attempts on its machine, and knows nothing of the database.

Above: cli. Below: drivers, workspaces, and the words of the link. The hub's own machine is a node too.
"""
