"""Takes known secrets out of what is told, shown and logged, before anything is stored.

Above: the node's posts, which let no event by that has not been through a `Redactor`, the hub's vault and journal, and the logs of both.
Below: the shapes of events.

A value is known in these forms: as it is, as in JSON, in a URL, in hexadecimal, and in Base64 wherever it may stand within what
was encoded; of a value of several lines each longer line by itself too. Base64 and hexadecimal are also found when a program
broke them into lines. What an agent hides on purpose in a way of its own, backwards say, is not found: redaction keeps mishaps
out of records, it contains nobody. Values of fewer than `SHORTEST` characters are not redacted: they would be found in
innocent words all the time.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from pydantic import BaseModel

from coderclawlink.events import AgentChunk

SHORTEST = 8
"""Characters."""
LINE_SHORTEST = 16
"""Characters of a line that counts by itself."""
Model = TypeVar("Model", bound=BaseModel)

LINE_OF_CODE = 60
"""Characters. Programs break Base64 and hexadecimal into lines of so many or more."""

# A line's end, also as JSON writes it, with what a diff puts before the next line.
_BREAK = r"(?:\r?\n[-+ ]?|\\r\\n|\\n)"
_BREAKS = re.compile(_BREAK + r"|(?:\r|\\r?\\?)\Z")


class Redactor:
    """Knows secrets by name, and where in a text they stand."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._plain: dict[str, str] = {}
        self._encoded: dict[str, _Code] = {}
        for name, value in (known or {}).items():
            self.learn(name, value)

    def learn(self, name: str, value: str) -> None:
        """From now on this value is redacted too."""
        if len(value) < SHORTEST:
            return
        lines = value.splitlines()
        parts = [line for line in lines if len(line) >= LINE_SHORTEST and not line.startswith("-----")]
        for part in (value, *(parts if len(lines) > 1 else ())):
            for form in _plain_forms(part):
                self._plain.setdefault(form, name)
            for form in _encoded_forms(part):
                self._encoded.setdefault(form, _code(form, name))

    def text(self, text: str) -> str:
        """The text with `[redacted NAME]` in the place of each secret."""
        spans = self.spans(text)
        if not spans:
            return text
        pieces: list[str] = []
        at = 0
        for begin, end, name in spans:
            pieces += (text[at:begin], f"[redacted {name}]")
            at = end
        return "".join((*pieces, text[at:]))

    def redact(self, event: Model) -> Model:
        """The event with all its strings redacted; the same object when there was nothing to do. Of what kind it is stays."""
        changes = {
            name: cleaned for name, value in event if name != "kind" and (cleaned := self._cleaned(value)) is not value
        }
        return event.model_copy(update=changes) if changes else event

    def _cleaned(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case BaseModel():
                return self.redact(value)
            case dict():
                items = {self._cleaned(key): self._cleaned(item) for key, item in value.items()}
                return items if items != value else value
            case tuple() | list():
                cleaned = [self._cleaned(item) for item in value]
                same = all(new is old for new, old in zip(cleaned, value, strict=True))
                return value if same else type(value)(cleaned)
            case _:
                return value

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Where secrets stand, in order, none over another: begin, end and name."""
        found: list[tuple[int, int, str]] = []
        for form, name in self._plain.items():
            at = text.find(form)
            while at >= 0:
                found.append((at, at + len(form), name))
                at = text.find(form, at + 1)
        for form, code in self._encoded.items():
            # A break leaves one half of the first line's worth whole, and looking for that is cheap.
            if code.first in text or code.second in text:
                found += ((match.start(), match.end(), code.name) for match in _broken(form).finditer(text))
        spans: list[tuple[int, int, str]] = []
        for begin, end, name in sorted(found):
            if spans and begin < spans[-1][1]:
                before = spans[-1]
                spans[-1] = (before[0], max(end, before[1]), before[2])
            else:
                spans.append((begin, end, name))
        return spans

    def held_from(self, text: str) -> int:
        """Where a text that goes on is to be cut: what is after may be the beginning of a secret. Its length if nothing may."""
        held = min((_beginning(text, form) for form in self._plain), default=len(text))
        longest = max(map(len, self._encoded), default=0)
        tail = text[-2 * longest :]
        breaks = [(match.start(), match.end()) for match in _BREAKS.finditer(tail)]
        joined = _BREAKS.sub("", tail)
        for form in self._encoded:
            held = min(held, _beginning(text, form))
            if breaks and (begins := _beginning(joined, form)) < len(joined):
                for begin, end in breaks:
                    begins += end - begin if begin <= begins else 0
                held = min(held, len(text) - len(tail) + begins)
        for begin, end, _ in self.spans(text):
            if begin < held < end:
                held = begin
        return held


class Veil:
    """What is shown piece by piece: a secret that is split over pieces is not shown either."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held: dict[bool, str] = {}

    def pass_on(self, piece: AgentChunk) -> AgentChunk | None:
        """What may be shown now; the rest follows with the next piece or at the end. None: nothing yet."""
        text = self._held.pop(piece.thought, "") + piece.text
        held = self._redactor.held_from(text)
        if held < len(text):
            self._held[piece.thought] = text[held:]
        return piece.model_copy(update={"text": self._redactor.text(text[:held])}) if held else None

    def end(self, *, thought: bool) -> AgentChunk | None:
        """The message or thought is over: what was held was no secret, but for whole ones."""
        text = self._held.pop(thought, "")
        return AgentChunk(text=self._redactor.text(text), thought=thought) if text else None


class RedactedLog(logging.Filter):
    """On a log's handler: no known secret is written, not in a traceback either. `redactor` is asked for each record, so that
    it knows the secrets of the moment."""

    def __init__(self, redactor: Callable[[], Redactor]) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        redactor = self._redactor()
        record.msg, record.args = redactor.text(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redactor.text(record.exc_text)
        return True


@dataclass(frozen=True)
class _Code:
    """Two pieces of an encoded form, one of which is whole wherever the form was broken into lines."""

    name: str
    first: str
    second: str


def _code(form: str, name: str) -> _Code:
    line = form[:LINE_OF_CODE]
    half = len(line) // 2
    return _Code(name, line[:half], line[half:])


@cache
def _broken(form: str) -> re.Pattern[str]:
    return re.compile(f"{_BREAK}?".join(map(re.escape, form)))


def _beginning(text: str, form: str) -> int:
    """Where a beginning of the form stands at the end of the text, the text's length if none does."""
    start = max(0, len(text) - len(form) + 1)
    at = text.find(form[0], start)
    while at >= 0:
        if form.startswith(text[at:]):
            return at
        at = text.find(form[0], at + 1)
    return len(text)


def _plain_forms(value: str) -> set[str]:
    once = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    twice = {json.dumps(form)[1:-1] for form in once}
    in_urls = {
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
    }
    small = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in in_urls}
    return {value} | once | twice | in_urls | small


def _encoded_forms(value: str) -> set[str]:
    plain = value.encode(errors="replace")
    forms = {plain.hex(), plain.hex().upper()}
    for before in range(3):
        # What stands before and after it shares characters with its first and last bits; those between are its own.
        begin, end = -(-8 * before // 6), 8 * (before + len(plain)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(bytes(before) + plain).decode()[begin:end])
    return forms
