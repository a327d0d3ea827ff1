"""The agents that are driven for real: where their programs lie, what is said to them, what they cannot do and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coderclawlink.drivers.models.wires import Wire

PEERS = Path(os.environ.get("CLAWLINK_CACHE") or Path(__file__).parents[2] / ".cache") / "peers"

WRITE = "SCRIPT:\nwrite {workspace}/a.txt | hello\nfinish Done."


@dataclass(frozen=True)
class Peer:
    """`name`: as the catalogue knows it. `program`: its folder and file below the peers; empty for our own agent.

    `wire`: None for one that speaks Google's interface, past the proxy. `ask`: a prompt on which it asks leave to write
    a.txt, and then writes it. `entry`: more of its table in `agents.toml`; `{google}` is the address of that interface.
    `home`: files that its user has. `cannot`: by what it cannot do, why.
    """

    name: str
    wire: Wire | None
    program: str = ""
    ask: str = WRITE
    entry: str = ""
    home: Mapping[str, str] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        return not self.program or (PEERS / self.program).exists()

    @property
    def why_not_installed(self) -> str:
        log = PEERS / f"{self.program.partition('/')[0]}.log"
        words = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return f"not installed: {words[-1] if words else 'scripts/peers/agents.sh does that'}"

    @property
    def path(self) -> str:
        """Where programs are looked for: this one and the Node that it was installed by, before all else."""
        folders = [PEERS / "node/node_modules/.bin"]
        if self.program:
            folders.insert(0, (PEERS / self.program).parent)
        return os.pathsep.join([*map(str, folders), os.environ["PATH"]])


def npm(agent: str, program: str) -> str:
    return f"{agent}/node_modules/.bin/{program}"


ESCALATED = (
    'SCRIPT:\ncall exec_command {"cmd": "printf hello > a.txt", "sandbox_permissions": "require_escalated", '
    '"justification": "to write the file"}\nfinish Done.'
)

PEERS_DRIVEN = (
    Peer("goose", "openai", "goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"),
    Peer("claude", "anthropic", npm("claude", "claude-agent-acp")),
    Peer("codex", "openai", npm("codex", "codex-acp"), ask=ESCALATED),
    Peer("copilot", "openai", npm("copilot", "copilot")),
    Peer("vibe", "openai", "vibe/bin/vibe-acp"),
    Peer("opencode", "openai", npm("opencode", "opencode")),
    Peer("qwen", "openai", npm("qwen", "qwen")),
    Peer(
        "gemini",
        None,
        npm("gemini", "gemini"),
        entry='env = { GEMINI_API_KEY = "x", GOOGLE_GEMINI_BASE_URL = "{google}", GEMINI_MODEL = "gemini-2.5-flash" }',
        cannot={"resume": "it does not always find its sessions again (0.61); a new one is begun then"},
        home={".gemini/settings.json": '{"security": {"auth": {"selectedType": "gemini-api-key"}}}'},
    ),
    Peer("claude", "anthropic"),
    Peer("auggie", "openai"),
    Peer("ollama", "ollama"),
)
