"""Runs and their ledger: what was asked, each attempt at it, what was asked back, what came of it.

Above: the board and the engine. Below: access and the journal. `run.py` is the state machine, pure; the rest is its SQL.
"""
