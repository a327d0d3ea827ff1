"""What agents are given to work with, as the hub keeps it: their configuration in versions, and the rules learnt from answers.

Above: `runs`, which resolves it for each attempt; `web`. Below: `journal`, `db`.
"""
