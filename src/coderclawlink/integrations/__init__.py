"""Other people's programs, one room each: a client, what follows the journal, and what comes in. None knows another.

Above: the composition root. Below: the runtime contract and the rooms under it.
"""
