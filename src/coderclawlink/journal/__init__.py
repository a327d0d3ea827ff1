"""What happened: one journal of events in one order, and its readers.

Above: every room that tells or follows. Below: `db`. A room learns of another's doings from here and from nowhere else.
"""
