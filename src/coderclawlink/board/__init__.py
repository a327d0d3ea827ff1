"""The board: projects, and the tasks on it. Above: engine, runtime, web. Below: runs."""
