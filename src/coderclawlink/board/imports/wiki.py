"""Jira's wiki markup as Markdown: the usual marks; what is not known stays as it is written. Pure.

Above: `jira_csv`. Every pattern takes time in proportion to the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_BLOCK = re.compile(r"\{(code|noformat)(?::([^}\n]{0,100}))?\}")
_QUOTE = re.compile(r"\{quote\}")
_DROPPED = re.compile(r"\{(?:color|panel)(?::[^}\n]{0,200})?\}|\{anchor:[^}\n]{0,200}\}")
_HEADING = re.compile(r"h([1-6])\.[ \t]+")
_LIST = re.compile(r"([*#-]{1,6})[ \t]+")
_RULE = re.compile(r"-{4,}[ \t]*")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_-]{1,20}")

_LINK = re.compile(r"\[([^\[\]|\n]{1,300})\|([^\[\]|\s]{1,2000})(?:\|[^\[\]\n]{0,50})?\]")
_PERSON = re.compile(r"\[~(?:accountid:)?([^\]\n]{1,100})\]")
_BARE = re.compile(r"\[((?:https?|mailto):[^\[\]|\s]{1,2000})\]")
_PICTURE = re.compile(r"(?<![\w!])!([^!|\s][^!|\n]{0,200})(?:\|[^!\n]{0,200})?!(?![\w!])")
_MONO = re.compile(r"\{\{([^{}\n]{1,1000})\}\}")
_BOLD = re.compile(r"(?<![\w*\\])\*([^\s*](?:[^*\n]{0,998}[^\s*])?)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w\-\\])-([^\s\-](?:[^\-\n]{0,998}[^\s\-])?)-(?![\w\-])")
_INSERTED = re.compile(r"(?<![\w+\\])\+([^\s+](?:[^+\n]{0,998}[^\s+])?)\+(?![\w+])")


def markdown(text: str) -> str:
    """The text in Markdown."""
    made: list[str] = []
    at = 0
    while (opening := _BLOCK.search(text, at)) is not None:
        closing = text.find("{" + opening[1] + "}", opening.end())
        if closing < 0:
            break
        made += [_prose(text[at : opening.start()]), _fenced(text[opening.end() : closing], opening[2] or "")]
        at = closing + len(opening[1]) + 2
    made.append(_prose(text[at:]))
    return "".join(made).strip()


def _fenced(code: str, said: str) -> str:
    language = next((word for word in said.split("|") if _LANGUAGE.fullmatch(word)), "")
    ticks = "```"
    while ticks in code:
        ticks += "`"
    return f"\n{ticks}{language}\n{code.strip(chr(10))}\n{ticks}\n"


def _prose(text: str) -> str:
    """Lines outside of code. What stands between two {quote} is quoted."""
    parts = _QUOTE.split(_DROPPED.sub("", text))
    if len(parts) % 2 == 0:  # the last one is never closed
        parts[-2:] = ["{quote}".join(parts[-2:])]
    return "".join(_lines(part, quoted=number % 2 == 1) for number, part in enumerate(parts))


def _lines(text: str, *, quoted: bool) -> str:
    lines: list[str] = []
    in_table = False
    for line in (text.strip("\n") if quoted else text).split("\n"):
        is_row = line.startswith("|") and line.rstrip().endswith("|")
        lines += _row(line, first=not in_table) if is_row else [_line(line)]
        in_table = is_row
    if quoted:
        return "\n" + "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"
    return "\n".join(lines)


def _row(line: str, *, first: bool) -> list[str]:
    """A row of a table; below the first one stands the rule that makes it one."""
    line = line.rstrip()
    heads = line.startswith("||")
    cells = [_inline(cell.strip()) for cell in line.strip("|").split("||" if heads else "|")]
    made = "| " + " | ".join(cells) + " |"
    return [made, "|" + " --- |" * len(cells)] if first else [made]


def _line(line: str) -> str:
    if _RULE.fullmatch(line):
        return "---"
    if heading := _HEADING.match(line):
        return "#" * int(heading[1]) + " " + _inline(line[heading.end() :])
    if line.startswith("bq. "):
        return "> " + _inline(line[4:])
    if item := _LIST.match(line):
        mark = "1." if item[1][-1] == "#" else "-"
        return "   " * (len(item[1]) - 1) + f"{mark} " + _inline(line[item.end() :])
    return _inline(line)


_MARKS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_PERSON, lambda found: f"@{found[1]}"),
    (_LINK, lambda found: f"[{found[1]}]({found[2]})"),
    (_BARE, lambda found: f"<{found[1]}>"),
    (_PICTURE, lambda found: f"_(picture: {found[1]})_"),
    (_BOLD, lambda found: f"**{found[1]}**"),
    (_STRUCK, lambda found: f"~~{found[1]}~~"),
    (_INSERTED, lambda found: found[1]),
)


def _inline(text: str) -> str:
    """Marks within a line; what stands in {{ }} is code, in which there are none."""
    parts = _MONO.split(text)
    for number in range(0, len(parts), 2):
        for pattern, say in _MARKS:
            parts[number] = pattern.sub(say, parts[number])
    return "".join(f"`{part}`" if number % 2 else part for number, part in enumerate(parts)).removesuffix("\\\\")
