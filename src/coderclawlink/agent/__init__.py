"""Our own small coding agent, for models that come without one: `python -m coderclawlink.agent`, spoken to over ACP.

Above: nothing of the house; a driver starts it as a process of its own, as it starts any other agent, and so can an
editor. Below: `mind` (the loop with the model, on pydantic-ai), `hands` (files and commands), `stage` (what the client is
shown and asked), `memory` (conversations on disk). Only `mind` needs the extra `agent`, and is loaded last.
"""
