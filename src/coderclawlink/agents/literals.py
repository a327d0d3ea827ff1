"""Finds secrets that stand in a configuration as they are, where only their names belong. Pure.

Above: `configurations`, which refuses to keep them. It goes by how keys of known providers begin, and by what a variable or a
header is called: it stops slips of the hand, not those who want to hide one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.errors import Invalid

_LOOKS = re.compile(
    r"""
      \b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}                          # OpenAI, Anthropic, OpenRouter
    | \b[srp]k_(?:live|test)_[A-Za-z0-9]{16,}                    # Stripe
    | \b(?:gh[oprsu]_|github_pat_)[A-Za-z0-9_]{20,}              # GitHub
    | \bglpat-[A-Za-z0-9_-]{16,}                                 # GitLab
    | \bxox[abeoprs]-[A-Za-z0-9-]{10,}                           # Slack
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                              # AWS
    | \bAIza[A-Za-z0-9_-]{30,}                                   # Google
    | \b(?:hf|npm|gsk|xai|pplx|r8|dop_v1)[_-][A-Za-z0-9]{24,}    # Hugging Face, npm, Groq and others
    | \beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}             # a JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    | ://[^/\s:@]+:[^/\s@{}]+@                                   # a password in a URL
    """,
    re.VERBOSE,
)
_CALLED = re.compile(
    r"(?:^|[_-])(?:key|token|secret|password|passwd|credentials)$|^authorization$|^cookie$", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"\{[a-z_]+(?::[A-Za-z_][A-Za-z0-9_]*)?\}")
SHORT = 12
"""Characters: what is shorter and merely called a key is rather a word such as `none` or `local`."""


class SecretInPlain(Invalid):
    """A secret stands in the configuration as it is."""


def refuse(configuration: AgentConfiguration) -> None:
    """Raises `SecretInPlain`, which names the place and never the value."""
    for where, called, value in _places(configuration):
        if _LOOKS.search(value) or (_CALLED.search(called) and _is_literal(value)):
            name = re.sub(r"[^A-Za-z0-9_]", "_", called).upper() or "NAME"
            raise SecretInPlain(
                f"{where} looks like a secret. Keep it on the machine with `clawlink secret set {name}`, "
                f"and write {{secret:{name}}} here."
            )


def _is_literal(value: str) -> bool:
    return not _PLACEHOLDER.search(value) and len(value) >= SHORT


def _places(configuration: AgentConfiguration) -> Iterator[tuple[str, str, str]]:
    """Where it stands, what it is called, the value."""
    for name, value in configuration.env.items():
        yield f"env.{name}", name, value
    for server in configuration.mcp_servers:
        at = f"mcp_servers.{server.name}"
        yield f"{at}.command", "", server.command
        yield f"{at}.url", "", server.url
        for number, word in enumerate(server.args, 1):
            yield f"{at}.args.{number}", "", word
        for name, value in (*server.env.items(), *server.headers.items()):
            yield f"{at}.{name}", name, value
    if configuration.instructions:
        yield "instructions", "", configuration.instructions
    for number, rule in enumerate(configuration.rules, 1):
        yield f"rules.{number}", "", " ".join(filter(None, (rule.command, rule.path, rule.host, rule.why)))
