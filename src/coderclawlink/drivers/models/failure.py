"""Why a model call failed, in words for people, and when a limit ends. Pure.

Above: the proxy, which keeps the last failure of an attempt, and `node.execute`, which fails or postpones a run by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from pydantic import BaseModel, ValidationError


@dataclass(frozen=True)
class Limit:
    """A rate limit or a quota. `resets_at` (UTC) is when the provider says that it ends; None: it did not say."""

    resets_at: datetime | None = None


Kind = Literal["limit", "overloaded", "key", "refused", "broken", "unreachable", "budget", "paused"]


@dataclass(frozen=True)
class ModelFailure:
    """`why` is a sentence for people. `status`: HTTP, as the provider answered, None when it did not answer.

    Kinds: `limit` (see `limit`), `overloaded` (the provider is, for now), `key` (not accepted), `refused` (the request
    was), `broken` (the answer came in pieces), `unreachable`, `budget` (ours, not the provider's), `paused` (the node lets no
    further call by). `account` and `model` are whose call it was; empty where that is not known.
    """

    why: str
    kind: Kind
    status: int | None = None
    limit: Limit | None = None
    account: str = ""
    model: str = ""


_QUOTA_WORDS = re.compile(
    r"insufficient_quota|exceeded your current quota|credit balance is too low|billing_error|usage[ _]limit[ _](?:has been )?reached",
    re.IGNORECASE,
)
_AGENTS_WORDS = re.compile(
    r"usage limit reached|hit your (?:usage )?limit|usage_limit_reached|insufficient_quota|exceeded your current quota",
    re.IGNORECASE,
)


def read_failure(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> ModelFailure:
    """What a provider's answer of status 300 or more means. `headers` are looked up in lower case; `now` is UTC."""
    said = error_text(body)
    told = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if status == 402 or _QUOTA_WORDS.search(body.decode(errors="replace")[:4000]):
        until = reset_time(headers, now) or _told_reset(body, now)
        return ModelFailure(
            f"The quota at the model provider is used up ({told}){_at(until)}.", "limit", status, Limit(until)
        )
    if status == 429:
        until = reset_time(headers, now) or _told_reset(body, now)
        return ModelFailure(
            f"The model provider's rate limit is reached ({told}){_at(until)}.", "limit", status, Limit(until)
        )
    if status in (401, 403):
        return ModelFailure(f"The model provider did not accept the key ({told}).", "key", status)
    if status in (502, 503, 504, 529):
        return ModelFailure(f"The model provider is overloaded or away ({told}).", "overloaded", status)
    return ModelFailure(f"The model call failed ({told}).", "refused", status)


def read_stream_failure(said: str) -> ModelFailure:
    """What an error in the middle of an answer means."""
    if re.search(r"rate_limit|rate limit", said, re.IGNORECASE) or _QUOTA_WORDS.search(said):
        return ModelFailure(f"The model provider's limit is reached ({said}).", "limit", limit=Limit())
    if "overloaded" in said.lower():
        return ModelFailure(f"The model provider is overloaded or away ({said}).", "overloaded")
    return ModelFailure(f"The model's answer broke off ({said}).", "broken")


def read_words(said: str, now: datetime) -> ModelFailure | None:
    """What an agent's own words tell of a limit: one that is signed in with a plan of its own calls its provider past the proxy.

    Claude Code says `Claude AI usage limit reached|<seconds since 1970>`, Codex has it as an error's type. None: they tell of none.
    """
    if not _AGENTS_WORDS.search(said):
        return None
    until = _words_reset(said, now)
    told = error_text(_EPOCH.sub("", said).encode())
    return ModelFailure(f"The agent's own plan is at its limit ({told}){_at(until)}.", "limit", limit=Limit(until))


def error_text(body: bytes, length: int = 300) -> str:
    """The provider's own message in an error body of whatever shape, shortened, on one line."""
    text = body.decode(errors="replace")
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if isinstance(told, dict):
        error = told.get("error", told)
        if isinstance(error, dict):
            error = error.get("message") or error.get("detail") or error.get("type")
        if isinstance(error, str):
            text = error
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= length else text[: length - 1] + "…"


def reset_time(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the limit ends: `retry-after` if it is there, else the latest reset among the limits that are used up, else
    the latest of all that are told."""
    if (wait := _wait(headers)) is not None:
        return now + wait
    if (date := headers.get("retry-after")) is not None:
        try:
            return parsedate_to_datetime(date).astimezone(UTC)
        except ValueError:
            pass
    used_up: list[datetime] = []
    told: list[datetime] = []
    for name, value in headers.items():
        if not (match := re.fullmatch(r"(?:anthropic|x)-ratelimit-(?:(.+)-)?reset(?:-(.+))?", name)):
            continue
        until = _moment(value, now)
        if until is None:
            continue
        told.append(until)
        what = match[1] or match[2]
        remaining = f"anthropic-ratelimit-{what}-remaining" if match[1] else f"x-ratelimit-remaining-{what}"
        rejected = headers.get(f"anthropic-ratelimit-{what}-status") == "rejected"  # of a plan rather than a key
        if rejected or headers.get(remaining) == "0":
            used_up.append(until)
    return max(used_up or told, default=None)


def _wait(headers: Mapping[str, str]) -> timedelta | None:
    try:
        if "retry-after-ms" in headers:
            return timedelta(milliseconds=float(headers["retry-after-ms"]))
        return timedelta(seconds=float(headers["retry-after"]))
    except (KeyError, ValueError, OverflowError):
        return None


_EPOCH = re.compile(r"\|(\d{10})(?:\d{3})?\b")
_TRY_AGAIN = re.compile(r"(?:try|retry)(?: it)? again in (\d[\dhms.]*)", re.IGNORECASE)


class _Error(BaseModel):
    """What the error of a plan at its limit tells beside its words (OpenAI's, for Codex)."""

    resets_at: float | None = None
    resets_in_seconds: float | None = None


class _ErrorBody(BaseModel):
    error: _Error


def _told_reset(body: bytes, now: datetime) -> datetime | None:
    """When a limit ends by the body alone, where the headers are silent."""
    try:
        error = _ErrorBody.model_validate_json(body).error
    except ValidationError:
        error = _Error()
    if error.resets_at is not None:
        return _moment(str(error.resets_at), now)
    if error.resets_in_seconds is not None:
        return _moment(str(error.resets_in_seconds), now)
    return _words_reset(body.decode(errors="replace")[:4000], now)


def _words_reset(said: str, now: datetime) -> datetime | None:
    if at := _EPOCH.search(said):
        return _moment(at[1], now)
    if span := _TRY_AGAIN.search(said):
        return _moment(span[1].rstrip("."), now)
    return None


_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


def _moment(value: str, now: datetime) -> datetime | None:
    """RFC 3339, seconds since 1970 or from now, or a span like `6m0.5s`: all are in use."""
    value = value.strip()
    try:
        number = float(value)
        if number > 1e11:
            number /= 1000
        return datetime.fromtimestamp(number, UTC) if number > 1e9 else now + timedelta(seconds=number)
    except (ValueError, OverflowError):
        pass
    if value and (span := _DURATION.fullmatch(value)):
        days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in span.groups())
        return now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _at(until: datetime | None) -> str:
    return f"; it ends at {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
