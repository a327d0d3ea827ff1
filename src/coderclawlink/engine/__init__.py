"""What keeps runs going: each is a durable workflow; attempts are placed on nodes; what died is noticed.

Above: runtime and web. Below: the board and runs. The app's tables are the truth; the engine's own are a program counter.
"""
