"""The figures: what this house costs, each beside a peer or a limit of the machine measured in the same run.

One file is one figure: its `measure(quick)` returns rows. `python -m bench` prints all of them, `python -m bench submits` one.
What is carried from machine to machine is the ratio, never the rate: rates move tenfold with what else a machine does, so
each round measures ours and the peer one after the other, and the row shows the median of the rounds' ratios.
"""
