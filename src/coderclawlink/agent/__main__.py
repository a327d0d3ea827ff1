"""The agent's process: reads its command line and speaks ACP on stdin and stdout until stdin ends.

The model is reached as the environment says: ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY, OPENAI_BASE_URL and OPENAI_API_KEY
(both for the wires `openai` and `responses`), or OLLAMA_HOST. Exit code 2: it cannot work here, stderr says in one line why.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import cast, get_args

from acp import Agent, run_agent

from coderclawlink.agent.stage import Mode
from coderclawlink.agent.talk import Model, Talk, Wire


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m coderclawlink.agent", description="A small coding agent, spoken to over ACP."
    )
    parser.add_argument("--wire", choices=get_args(Wire), required=True, help="the interface of the model provider")
    parser.add_argument("--model", required=True, help="the model's name as its provider knows it")
    parser.add_argument(
        "--mode", choices=get_args(Mode), default="ask", help="ask before changes and commands, or do not"
    )
    chosen = parser.parse_args()
    needed = "anthropic" if chosen.wire == "anthropic" else "openai"
    if missing := [name for name in ("pydantic_ai", needed) if importlib.util.find_spec(name) is None]:
        sys.stderr.write(f"{' and '.join(missing)} not installed; do: pip install 'coderclawlink[agent]'\n")
        return 2
    model = Model(chosen.wire, chosen.model)
    home = Path(os.environ.get("HOME") or Path.home())
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(Talk(model, chosen.mode, home / ".clawlink-agent")))
    return 0


async def _serve(talk: Talk) -> None:
    """Until stdin ends or a SIGTERM comes: either way the turn under way is cancelled, and its command with it."""
    serving = asyncio.current_task()
    if serving is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    # What ACP knows beyond Talk's methods, the library answers with "method not found".
    await run_agent(cast("Agent", talk), use_unstable_protocol=True)  # session/resume


if __name__ == "__main__":
    sys.exit(main())
