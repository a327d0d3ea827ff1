"""From a run's commit to a merged pull request: deliveries, pull requests, what the host says of them, tasks of other programs.

Above: the engine, the runtime, web, and the integrations, which do outside what is wanted here. Below: the board and the runs.
"""
