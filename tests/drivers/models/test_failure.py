"""Refusals of providers are read for people, and limits for the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from coderclawlink.drivers.models.failure import Limit, read_failure, read_stream_failure, read_words, reset_time

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Tue, 24 Nov 2026 08:01:00 GMT"}, 60.0),
        ({"anthropic-ratelimit-requests-reset": "2026-11-24T08:00:20Z"}, 20.0),
        (
            {
                "anthropic-ratelimit-requests-reset": "2026-11-24T09:00:00Z",
                "anthropic-ratelimit-requests-remaining": "3",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-24T08:00:40Z",
                "anthropic-ratelimit-input-tokens-remaining": "0",
            },
            40.0,
        ),
        ({"anthropic-ratelimit-unified-reset": str(int(NOW.timestamp()) + 7200)}, 7200.0),
        (
            {
                "anthropic-ratelimit-unified-5h-reset": str(int(NOW.timestamp()) + 3600),
                "anthropic-ratelimit-unified-5h-status": "rejected",
                "anthropic-ratelimit-unified-7d-reset": str(int(NOW.timestamp()) + 86400),
                "anthropic-ratelimit-unified-7d-status": "allowed",
            },
            3600.0,
        ),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "20ms"}, 360.0),
        (
            {
                "x-ratelimit-reset-requests": "1h2m3.5s",
                "x-ratelimit-remaining-requests": "7",
                "x-ratelimit-reset-tokens": "6s",
                "x-ratelimit-remaining-tokens": "0",
            },
            6.0,
        ),
        ({"x-ratelimit-reset": str(int(NOW.timestamp() + 90) * 1000)}, 90.0),
        ({"retry-after": "soon", "x-ratelimit-reset-requests": "whenever"}, None),
        ({}, None),
    ],
)
def test_the_end_of_a_limit_is_read_from_all_headers_in_use(headers: dict[str, str], seconds: float | None) -> None:
    assert reset_time(headers, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "body", "kind", "limit", "words"),
    [
        (400, b'{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too large"}}', "refused", None, "max_tokens: too large"),
        (401, b'{"error":{"message":"Incorrect API key provided.","code":"invalid_api_key"}}', "key", None, "did not accept the key"),
        (429, b'{"error":{"message":"slow down"}}', "limit", Limit(), "rate limit"),
        (429, b'{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}', "limit", Limit(), "quota"),
        (400, b'{"type":"error","error":{"message":"Your credit balance is too low to access"}}', "limit", Limit(), "quota"),
        (402, b"", "limit", Limit(), "HTTP 402"),
        (529, b'{"error":{"type":"overloaded_error"}}', "overloaded", None, "overloaded_error"),
        (404, b'{"error":"model \'x\' not found"}', "refused", None, "model 'x' not found"),
        (502, b"<html>bad\n gateway</html>", "overloaded", None, "<html>bad gateway</html>"),
        (500, b"[1]", "refused", None, "HTTP 500"),
    ],
)  # fmt: skip
def test_refusals_become_a_sentence_and_a_kind(
    status: int, body: bytes, kind: str, limit: Limit | None, words: str
) -> None:
    failure = read_failure(status, {}, body, NOW)
    assert (failure.kind, failure.limit, failure.status) == (kind, limit, status)
    assert words in failure.why
    assert failure.why.endswith(".")


def test_a_limit_tells_when_it_ends() -> None:
    failure = read_failure(429, {"retry-after": "60"}, b"", NOW)
    assert failure.limit == Limit(NOW + timedelta(seconds=60))
    assert "2026-11-24 08:01:00 UTC" in failure.why


def test_an_error_in_a_stream_has_a_kind_too() -> None:
    assert read_stream_failure("overloaded_error: Overloaded").kind == "overloaded"
    assert read_stream_failure("rate_limit_error: slow").limit == Limit()
    assert read_stream_failure("server_error").kind == "broken"


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached", "resets_at": %d}}' % (int(NOW.timestamp()) + 600), 600.0),
        (b'{"error": {"type": "usage_limit_reached", "message": "Limit.", "resets_in_seconds": 90}}', 90.0),
        (b'{"error": {"message": "Rate limit reached for gpt-5. Please try again in 1m2.5s. Visit us."}}', 62.5),
        (b'{"error": {"message": "Rate limit reached. Please try again in 200ms."}}', 0.2),
        (b'{"error": {"message": "Claude AI usage limit reached|%d"}}' % (int(NOW.timestamp()) + 7200), 7200.0),
        (b'{"error": "too many requests"}', None),
    ],
)  # fmt: skip
def test_where_the_headers_are_silent_the_body_may_tell_when_the_limit_ends(body: bytes, seconds: float | None) -> None:
    failure = read_failure(429, {}, body, NOW)
    assert failure.kind == "limit"
    assert failure.limit == Limit(None if seconds is None else NOW + timedelta(seconds=seconds))


def test_a_used_up_quota_of_openai_has_no_end() -> None:
    body = b'{"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": "insufficient_quota"}}'
    failure = read_failure(429, {"x-request-id": "1"}, body, NOW)
    assert failure.limit == Limit(None)
    assert "quota" in failure.why


def test_a_limit_is_read_from_what_an_agent_with_a_plan_of_its_own_says() -> None:
    failure = read_words(f"Claude AI usage limit reached|{int(NOW.timestamp()) + 1800}", NOW)
    assert failure
    assert failure.limit == Limit(NOW + timedelta(seconds=1800))
    assert "|" not in failure.why
    weekly = read_words("You've hit your limit · resets 5pm (Europe/Berlin)", NOW)
    assert weekly
    assert weekly.limit == Limit(None)
    assert read_words("I added a rate limit of 5 a second to the server.", NOW) is None
