"""What a policy's text may say, read before anything compiles it: names of files, sizes, and no way to what is outside of the input. Pure.

Above: `rego` and `bundles`. It reads words, not grammar: a built-in that is refused is refused wherever its name stands as the
head of a reference, however it is spaced or bracketed (`opa["runtime"]()`), and what could hide one from such a reading (template
strings, control characters) is refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from coderclawlink.errors import Invalid

MODULES_AT_MOST = 32
CHARACTERS_AT_MOST = 256 * 1024
"""Of all modules of a bundle together."""
PACKAGE = "clawlink"
"""Whose rule `allow` decides, and whose rule `reason` says why not."""
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./-]{0,119}\.rego")
REFUSED = {
    "opa": "it tells of the process",
    "http": "it reaches the network",
    "net": "it reaches the network",
    "rego": "it reads and tells of policies",
    "io": "tokens are checked before a policy is asked",
    "crypto": "there is nothing to sign or decrypt",
    "providers": "it signs for other services",
    "graphql": "there is nothing to parse",
    "rand": "the same question must get the same answer",
    "uuid": "the same question must get the same answer",
    "regex": "it can take seconds on a name that somebody has chosen; use glob.match, startswith, endswith or contains",
    "trace": "it only tells where nobody listens",
}
"""Built-ins by the word that they begin with, and why each is refused."""
_TOKEN = re.compile(
    r"""(?P<skip>[ \t\n]+|\#[^\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]*)
    |(?P<string>"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*"|`[^`\x00-\x08\x0b-\x1f]*`)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>[^\x00-\x1f\x7f-\U0010ffff"`$])""",
    re.VERBOSE,
)


class PolicyRefused(Invalid):
    """The policy is not accepted."""


def check(modules: Mapping[str, str]) -> None:
    """Raises `PolicyRefused`, with the file and the line."""
    if not 0 < len(modules) <= MODULES_AT_MOST:
        raise PolicyRefused(f"A policy is made of 1 to {MODULES_AT_MOST} modules.")
    if sum(map(len, modules.values())) > CHARACTERS_AT_MOST:
        raise PolicyRefused(f"A policy is at most {CHARACTERS_AT_MOST // 1024} KiB long.")
    for name, text in modules.items():
        if not NAME.fullmatch(name) or ".." in name:
            raise PolicyRefused(f"{name[:120]!r} is no name of a module: give it one such as main.rego.")
        tokens = list(_tokens(name, text))
        _check(name, tokens)
        if not is_test(name) and (line := next((line for line, _, token in tokens if token == "with"), 0)):  # noqa: S105
            raise PolicyRefused(
                f"{name}:{line}: `with` is refused: a decision is about what is asked, and nothing else."
            )
    if not any(package(text) == PACKAGE for name, text in modules.items() if not is_test(name)):
        raise PolicyRefused(f"No module says `package {PACKAGE}`: its rule `allow` is what decides.")


def is_test(name: str) -> bool:
    return name.endswith("_test.rego")


def package(text: str) -> str:
    """What the module says its package is; empty if it says none."""
    words = [token for _, kind, token in _tokens("", text) if kind != "string"]
    if words[:1] != ["package"]:
        return ""
    path = words[1:2]
    for sign, word in zip(words[2::2], words[3::2], strict=False):
        if sign != ".":
            break
        path.append(word)
    return ".".join(path)


def tests(modules: Mapping[str, str]) -> list[str]:
    """The tests as references, `data.clawlink_test.test_…`: rules named test_* in the modules *_test.rego, at a line's start."""
    found = []
    for name, text in modules.items():
        if is_test(name):
            rules = dict.fromkeys(re.findall(r"^(test_[A-Za-z0-9_]+)\b", text, re.MULTILINE))
            found += [f"data.{package(text)}.{rule}" for rule in rules]
    return found


def is_timeless(modules: Mapping[str, str]) -> bool:
    """Whether the answer surely does not depend on the time: every `input` is followed by a name, and none says `time`."""
    for name, text in modules.items():
        if is_test(name):
            continue
        tokens = [(kind, token) for _, kind, token in _tokens(name, text)]
        for (_, token), (_, after) in zip(tokens, [*tokens[1:], ("", "")], strict=True):
            if token == "time" or (token == "input" and after != "."):  # noqa: S105 - words of a policy
                return False
    return True


def _tokens(name: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Line, kind and text of each. Raises `PolicyRefused` for what no policy needs."""
    text, at, line = text.replace("\r\n", "\n"), 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PolicyRefused(f"{name}:{line}: {text[at]!r} cannot stand here.")
        token, at = match.group(), match.end()
        if match.lastgroup != "skip":
            yield line, match.lastgroup or "", token
        line += token.count("\n")


def _check(name: str, tokens: list[tuple[int, str, str]]) -> None:
    words = ["", "", *(token if kind != "string" else '"' for _, kind, token in tokens), "", ""]
    for place, (line, kind, token) in enumerate(tokens, 2):
        if kind != "name" or words[place - 1] == "." or words[place + 1] not in (".", "["):
            continue
        if token == "rego" and words[place - 1] == "import" and words[place + 2] == "v1":  # noqa: S105 - words of a policy
            continue
        if token in REFUSED:
            raise PolicyRefused(f"{name}:{line}: {token}.* is refused: {REFUSED[token]}.")
        if token == "time" and words[place + 2] != "clock" and words[place + 2] not in _TIMES:  # noqa: S105 - as above
            raise PolicyRefused(
                f"{name}:{line}: time.{words[place + 2]} is refused: use input.time, so that it can be tried."
            )


_TIMES = frozenset(
    {"parse_rfc3339_ns", "parse_ns", "parse_duration_ns", "date", "weekday", "add_date", "diff", "format"}
)
