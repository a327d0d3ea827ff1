"""The wall around an agent: what its processes may see, write and reach, and that none of them outlives it.

Above: `node.supervise`, which starts processes inside. Below: bubblewrap, Landlock and /proc. `base` is the port with its
three answers `bubblewrap`, `landlock` and `none`; `choice` finds which of them work here; `launch` is the program that stands
between the wall and the agent in all three.
"""
