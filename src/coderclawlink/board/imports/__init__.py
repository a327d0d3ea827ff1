"""Tasks of other programs, read from the files that those export: what they are, and one module for each program. Pure.

Above: `pulls.imports`, which puts them on the board. Below: the board's words for status and priority.
"""
