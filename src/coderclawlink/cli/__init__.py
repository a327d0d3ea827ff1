"""The command `clawlink`: one file per noun. `serve` and `demo` build the hub here; all others speak HTTP with one that runs.

Above: people and scripts. Below: `app` for the hub, `node` for the node, and the HTTP interface for everything else. Whatever is
heavy to import is imported inside the command that needs it, so that help and completion come at once.
"""
