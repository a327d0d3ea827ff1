"""What a shell's line runs, read from its words. Pure.

Above: the rules. Two readings: one for allowing, which gives up where anything is unclear; one for forbidding, which looks
under every disguise that it knows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

LONGEST_LINE = 20_000
"""Characters of a command's line; a longer one is not read, so that no rule for commands allows it."""

_PIECE = re.compile(
    r"""(?P<space>[ \t]+) | (?P<joint>\\\n)
    | (?P<operator>&& | \|\| | \|& | [;|\n] | &(?!>))
    | (?P<quiet>(?:(?:\d?|&)>>?[ \t]*/dev/null | <[ \t]*/dev/null | \d?>&\d)(?![^\s;&|]))
    | (?P<word>'[^']*' | "(?:[^"\\$`]|\\.|\$(?![({'\[]))*" | \\. | \$(?![({'"\[]) | [^\s'"\\$`;&|<>()]+)""",
    re.VERBOSE | re.DOTALL,
)
_DECEPTIVE = re.compile(r"[^\S \t\n]|[\0-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Blanks that are none to a shell, and characters that nobody sees."""


def simple_commands(line: str) -> tuple[str, ...] | None:
    """The commands that a shell's line is made of, in its words. None where they cannot be told: substitutions, files read or
    written by redirection, groups, unbalanced quotes, characters that nobody sees, comments, more than
    `LONGEST_LINE`."""
    if len(line) > LONGEST_LINE or _DECEPTIVE.search(line):
        return None
    commands: list[list[str]] = [[""]]
    at = 0
    while at < len(line):
        piece = _PIECE.match(line, at)
        if piece is None or (line[at] == "#" and not commands[-1][-1]):
            return None  # also at a comment: not every shell takes it for one, and its end is no newline like others
        said, words = piece[0], commands[-1]
        if piece.lastgroup == "quiet" and words[-1] and line[at].isdigit():
            said = line[at]  # a digit at the end of a word is a part of it
            words[-1] += said
        elif piece.lastgroup == "word":
            words[-1] += said
        elif piece.lastgroup == "operator":
            commands.append([""])
        elif piece.lastgroup in ("space", "quiet"):
            words.append("")
        at += len(said)
    return tuple(filter(None, (" ".join(filter(None, words)) for words in commands)))


_WORD = re.compile(r"""(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*"|['"\\])+""", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
_ASSIGNMENT = re.compile(r"\w+(\[.*\])?\+?=", re.DOTALL)
_BEFORE = re.compile(r"then|do|else|elif|if|while|until|time|!|\{|exec|command|builtin|coproc")
"""What may stand before a command and leaves it what it is."""
_WRAPPERS = re.compile(
    "sudo|doas|env|nice|ionice|nohup|setsid|stdbuf|timeout|xargs|watch|busybox|parallel|chroot|unshare|strace"
)
"""Programs that run the command among their arguments."""
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})
_CARRYING = {
    "find": re.compile(r"-(exec|ok)(dir)?|-delete|-fprint.*|-fls", re.DOTALL),
    "git": re.compile(r"(--(exec|extcmd|upload-pack|receive-pack|open-files)|-O|-x|ext::).*|foreach|run", re.DOTALL),
}


def carries(command: str) -> bool:
    """Whether git or find is told to run something else, or find to delete: not what a pattern like `git *` is meant for."""
    program, *words = _words(command) or [""]
    carrying = _CARRYING.get(posixpath.basename(program))
    if carrying is None:
        return False
    before = next((at for at, word in enumerate(words) if not word.startswith("-")), len(words))
    options = words[:before] if carrying is _CARRYING["git"] else ()
    return any(re.match(r"-c|--config-env|--exec-path=", word) for word in options) or any(
        map(carrying.fullmatch, words)
    )


def _words(command: str) -> list[str]:
    """Its words as the program gets them, without quotes; variables stay as they stand."""
    return [
        _QUOTED.sub(lambda m: m[1] or re.sub(r"\\(.)", r"\1", m[2] or "") or m[3] or "", word)
        for word in _WORD.findall(command)
    ]


def seen_through(line: str, commands: Sequence[str] | None) -> tuple[tuple[str, ...], bool]:
    """What a line runs in all its disguises, for finding what is forbidden; and whether it hides which program it runs."""
    guises: dict[str, None] = {line.strip(): None}
    if commands is None:
        pieces: Sequence[str] = _apart(line[:LONGEST_LINE], r"[;&|`\n\r(){}]|\$\(")
        hidden = len(line) > LONGEST_LINE or any(map(_hides, _apart(_without_documents(line), r"[;&|\n\r]")))
    else:
        pieces, hidden = commands, any(map(_hides, commands))
    for piece in pieces:
        guises.update(dict.fromkeys(_guises(piece)))
    return tuple(guises), hidden


def _apart(line: str, between: str) -> list[str]:
    return [piece.lstrip("({! \t").rstrip() for piece in re.split(between, line)]


def _without_documents(line: str) -> str:
    """Without what follows `<<WORD`: that is read and not run, unless by a shell, whose commands are found all the same."""
    kept: list[str] = []
    until: str | None = None
    for each in line.split("\n"):
        if until is None:
            kept.append(each)
            begin = re.search(r"<<-?[ \t]*['\"]?(\w+)", each)
            until = begin[1] if begin else None
        elif each.strip() == until:
            until = None
    return "\n".join(kept)


def _starts(words: Sequence[str]) -> list[int]:
    """Where among the words a program's name may stand."""
    found: list[int] = []
    open_ends = [0]
    while open_ends and len(found) < 64:
        at = open_ends.pop()
        while at < len(words) and (_BEFORE.fullmatch(words[at]) or _ASSIGNMENT.match(words[at])):
            at += 1
        if at >= len(words) or at in found:
            continue
        found.append(at)
        program = posixpath.basename(words[at])
        if _WRAPPERS.fullmatch(program):
            # Which of its options take a value is not known here: one of the next three that are none is the program.
            plain = [i for i in range(at + 1, min(at + 40, len(words))) if not re.match(r"-|\w+=", words[i])]
            open_ends += plain[:3]
        elif program == "find":
            open_ends += [i + 1 for i, word in enumerate(words) if re.fullmatch(r"-(exec|ok)(dir)?", word)]
    return found


def _hides(command: str) -> bool:
    """Whether the name of a program that it runs is made by the shell, from a variable, a pattern or an output."""
    raw = _WORD.findall(command)
    return any(
        re.search(r"[$`*?]|\[.*\]|\{.*,", posixpath.basename(re.sub(r"'[^']*'", "", raw[at]))) for at in _starts(raw)
    )


def _guises(command: str, depth: int = 0) -> Iterator[str]:
    yield command
    words = _words(command)
    for at in _starts(words):
        program, arguments = posixpath.basename(words[at]), words[at + 1 :]
        yield " ".join(words[at:])
        yield " ".join((program, *arguments))
        inner = ""
        if program == "git":
            while arguments and arguments[0].startswith("-"):
                takes_one = arguments[0] in ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env")
                arguments = arguments[2 if takes_one else 1 :]
            yield " ".join((program, *arguments))
        elif program == "eval":
            inner = " ".join(arguments)
        elif program in _SHELLS:
            flag = next((i for i, word in enumerate(arguments) if re.match(r"-\w*c", word)), len(arguments))
            inner = " ".join(arguments[flag + 1 : flag + 2])
        if inner and depth < 4:
            for each in simple_commands(inner) or _apart(inner, r"[;&|`\n\r(){}]|\$\("):
                yield from _guises(each, depth + 1)
