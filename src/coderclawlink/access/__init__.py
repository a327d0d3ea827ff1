"""Who may: one pure question (`policy`), and the sessions that say who asks.

Above: runs, board, web. Below: the journal.
"""
