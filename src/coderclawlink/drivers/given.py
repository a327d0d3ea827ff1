"""What a node's owner has set, as far as agents are concerned.

Above: the node, which makes it of its settings; accounts and the catalogue, which read it.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field, fields

_PLACEHOLDER = re.compile(r"\s*(your[_-].*[_-]here|<.*>|changeme|x{3,})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class AgentSettings:
    """None, an empty string, or a placeholder such as `your_openai_api_key_here`: not set.

    `goose`: the path of Goose's program where it is not on the PATH (`CLAWLINK_GOOSE`), `openhands` that of OpenHands' program
    `agent-server` (`CLAWLINK_OPENHANDS`). `path`: where programs are looked
    for, by default the process's PATH.
    """

    anthropic_api_key: str | None = None
    anthropic_base_url: str | None = None
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    ollama_base_url: str | None = None
    opendevin_api_url: str | None = None
    opendevin_api_key: str | None = field(default=None, repr=False)
    openhands: str | None = None
    goose_api_url: str | None = None
    goose_api_key: str | None = field(default=None, repr=False)
    goose: str | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and (not value.strip() or _PLACEHOLDER.fullmatch(value)):
                object.__setattr__(self, each.name, None)

    def find(self, program: str) -> str | None:
        """The path of a program, or None."""
        return shutil.which(program, path=self.path)
