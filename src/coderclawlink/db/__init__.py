"""Keeping it: the tables, the two ways to reach them (`write`, `read`), and the bell that tells what was written.

Above: every room of the hub. Below: the ground. See ADR-0006 for why transactions are plain functions.
"""
