"""No known secret is stored or shown, in whatever form a program writes it."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTool,
    ArtifactKept,
    AttemptEnded,
    AttemptEvent,
    CheckEnded,
    FileChange,
    Option,
    PermissionDecided,
    PlanEntry,
    PromptTaken,
    QuestionAsked,
)
from coderclawlink.link.protocol import Order, Show
from coderclawlink.link.redaction import RedactedLog, Redactor, Veil
from coderclawlink.node.post import PaperPost, SpooledPost
from coderclawlink.node.spool import Spool
from coderclawlink.rules import Act

SECRET = 'sk-tök/"n+&1\\23= 456'
TOKEN = "ghp_" + "aB3" * 12
KNOWN = {"TOKEN": TOKEN, "ODD": SECRET}
ORDER = Order(run="r", attempt=1, agent="a", prompt="p", timeout_seconds=1)


def lines(text: str, width: int, before: str = "") -> str:
    return "\n".join(before + text[at : at + width] for at in range(0, len(text), width))


def forms(value: str) -> list[str]:
    """What an unlucky program may make of a value."""
    plain = value.encode()
    coded = [
        base64.b64encode(before + plain + after).decode() for before in (b"", b"K=", b"KE=") for after in (b"", b"\n")
    ]
    return [
        value,
        json.dumps(value),
        json.dumps(value, ensure_ascii=False),
        json.dumps({"output": json.dumps({"key": value})}),
        quote(value),
        quote(value, safe=""),
        re.sub("%..", lambda found: found[0].lower(), quote_plus(value)),
        plain.hex(),
        plain.hex().upper(),
        *coded,
        base64.urlsafe_b64encode(plain).decode(),
        *(lines(code, 60) for code in coded),
        *(lines(base64.b64encode(b"x" * shift + plain).decode(), 76) for shift in (20, 30, 45)),
        lines(base64.b64encode(b"x" * 44 + plain).decode(), 64, before="+"),
        json.dumps(lines((b"x" * 22 + plain).hex(), 60)),
    ]


def traces(text: str, value: str) -> list[str]:
    """What of the value can still be read in a text."""
    joined = text.replace("\\n", "").replace("\n+", "").replace("\n", "")
    found = []
    for form in forms(value)[:9]:
        bare = form.strip('"')
        found += [bare for where in (text, joined) if bare in where]
    for shift in range(3):
        code = base64.b64encode(b"x" * shift + value.encode()).decode()
        core = code[4 : 4 + 8]
        found += [core for where in (text, joined) if core in where]
    return found


@pytest.mark.parametrize("value", [TOKEN, SECRET])
@pytest.mark.parametrize("number", range(len(forms(TOKEN))))
def test_a_secret_is_found_in_every_form(value: str, number: int) -> None:
    text = forms(value)[number]
    assert traces(text, value)
    cleaned = Redactor(KNOWN).text(f"before {text} after")
    assert "[redacted " in cleaned
    assert not traces(cleaned, value), cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


def test_innocent_text_is_left_as_it_is_and_short_values_are_not_redacted() -> None:
    redactor = Redactor({**KNOWN, "PIN": "1234567"})
    event = AgentMessage(text="The pin is 1234567, and ghp_ begins a token.")
    assert redactor.redact(event) is event
    assert Redactor().redact(event) is event


def test_a_secret_within_another_and_two_that_overlap_leave_nothing() -> None:
    redactor = Redactor({"SHORT": "abcdefgh", "LONG": "abcdefgh-ijklmnop", "ACROSS": "ijklmnop-qrst"})
    assert redactor.text("x abcdefgh-ijklmnop-qrst y") == "x [redacted SHORT] y"
    assert redactor.text("x abcdefgh y") == "x [redacted SHORT] y"


def test_each_line_of_a_key_of_several_lines_is_a_secret() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    key = f"-----BEGIN PRIVATE KEY-----\n{line}\nshort\n-----END PRIVATE KEY-----\n"
    redactor = Redactor({"KEY": key})
    assert redactor.text(f"a {key} b") == "a [redacted KEY] b"
    assert line not in redactor.text("+" + key.replace("\n", "\n+"))
    assert redactor.text("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def every_event(text: str) -> list[AttemptEvent]:
    act = Act(tool="execute", command=f"echo {text}", paths=(f"a/{text}",), hosts=(text,))
    return [
        AgentMessage(text=text),
        AgentThought(text=text),
        AgentLog(text=text),
        AgentTool(id="1", title=text, input=text, output=text, changes=(FileChange(path="p", old=text, new=text),)),
        AgentPlan(entries=(PlanEntry(text=text),)),
        QuestionAsked(
            question="q", title=text, detail=text, options=(Option(id="y", label=text, effect="allow_once"),), act=act
        ),
        PermissionDecided(title=text, act=act, effect="allow", rule=text),
        PromptTaken(number=1, text=text),
        CheckEnded(name="c", command=text, head="h", passed=False, exit_code=1, seconds=0.1, output=text),
        ArtifactKept(name="diff", size=1, text=f"+{text}\n-{text}\n"),
        AttemptEnded(outcome="failed", result=text, error=text),
    ]


def test_every_string_of_every_event_is_redacted_and_the_rest_stays() -> None:
    redactor = Redactor(KNOWN)
    for event in every_event(TOKEN):
        cleaned = redactor.redact(event)
        assert type(cleaned) is type(event)
        assert not traces(cleaned.model_dump_json(), TOKEN), event.kind
        assert cleaned.kind == event.kind
        assert type(event).model_validate(cleaned.model_dump()) == cleaned
    asked = redactor.redact(every_event(TOKEN)[5])
    assert isinstance(asked, QuestionAsked)
    assert (asked.options[0].id, asked.options[0].effect) == ("y", "allow_once")


@pytest.mark.parametrize("value", [TOKEN, SECRET])
@pytest.mark.parametrize("size", [1, 2, 5, 11])
def test_a_secret_that_is_split_over_pieces_is_not_shown(value: str, size: int) -> None:
    for form in forms(value):
        veil = Veil(Redactor(KNOWN))
        text = f"Here: {form} and on."
        shown = ""
        for at in range(0, len(text), size):
            piece = veil.pass_on(AgentChunk(text=text[at : at + size]))
            shown += piece.text if piece else ""
        rest = veil.end(thought=False)
        shown += rest.text if rest else ""
        assert not traces(shown, value), (form, shown)
        assert shown.startswith("Here: ")
        assert shown.endswith(" and on.")


@given(
    st.lists(
        st.sampled_from([TOKEN, TOKEN[:20], TOKEN[20:], "gh", "p_", TOKEN.encode().hex(), "\n", "ordinary words "]),
        max_size=12,
    ),
    st.data(),
)
def test_what_is_shown_in_pieces_is_what_would_be_shown_at_once(words: list[str], data: st.DataObject) -> None:
    redactor, text = Redactor(KNOWN), "".join(words)
    veil, shown, at = Veil(redactor), "", 0
    while at < len(text):
        size = data.draw(st.integers(1, 60))
        piece = veil.pass_on(AgentChunk(text=text[at : at + size]))
        shown, at = shown + (piece.text if piece else ""), at + size
    rest = veil.end(thought=False)
    shown += rest.text if rest else ""
    assert TOKEN not in shown
    assert TOKEN.encode().hex() not in shown
    assert shown.replace("[redacted TOKEN]", "") == redactor.text(text).replace("[redacted TOKEN]", "")


def test_thoughts_and_messages_are_held_back_apart_and_what_was_held_comes_at_the_end() -> None:
    post = PaperPost(ORDER, Redactor(KNOWN))
    post.show(AgentChunk(text="It begins with ghp_"))
    post.show(AgentChunk(text="Hm, gh", thought=True))
    assert post.shown == [AgentChunk(text="It begins with "), AgentChunk(text="Hm, ", thought=True)]
    post.tell(AgentLog(text="meanwhile"))
    post.tell(AgentMessage(text="It begins with ghp_"))
    assert post.shown[2:] == [AgentChunk(text="ghp_")]
    post.tell(AttemptEnded(outcome="completed"))
    assert post.shown[3:] == [AgentChunk(text="gh", thought=True)]


@pytest.mark.anyio
async def test_nothing_of_a_planted_secret_reaches_the_spools_files(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool.take(ORDER)
    sent: list[Show] = []
    post = SpooledPost(ORDER, spool, sent.append, Redactor(KNOWN))
    for value in (TOKEN, SECRET):
        for form in forms(value):
            for at in range(0, len(form), 7):
                post.show(AgentChunk(text=form[at : at + 7]))
            post.tell(AgentMessage(text=form))
            for event in every_event(form)[:-1]:
                post.tell(event)
    post.tell(AttemptEnded(outcome="failed", error=TOKEN))
    files = [path for path in tmp_path.iterdir() if path.name.startswith("spool.db")]
    assert len(files) == 3
    kept = b"".join(path.read_bytes() for path in files)
    assert kept.count(b"[redacted ") > 500
    spool.close()
    kept += (tmp_path / "spool.db").read_bytes()
    shown = "".join(str(word.event["text"]) for word in sent)
    for value in (TOKEN, SECRET):
        assert not traces(kept.decode(errors="replace"), value)
        assert not traces(shown, value)


def test_a_secret_that_is_learned_on_the_way_is_redacted_from_then_on() -> None:
    post = PaperPost(ORDER)
    post.redactor.learn("token of the attempt", "attempt-token-123")
    post.tell(AgentMessage(text="attempt-token-123"))
    assert post.told == [AgentMessage(text="[redacted token of the attempt]")]


def test_the_log_is_redacted_with_its_arguments_and_tracebacks() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactedLog(lambda: Redactor(KNOWN)))
    logger = logging.getLogger("tests.redaction")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        logger.warning("key %s of %d", TOKEN, 3)
        try:
            raise ValueError(TOKEN)
        except ValueError:
            logger.exception("it failed")
    finally:
        logger.removeHandler(handler)
    assert TOKEN not in out.getvalue()
    assert "key [redacted TOKEN] of 3" in out.getvalue()
    assert "ValueError: [redacted TOKEN]" in out.getvalue()


def test_a_diff_of_4_mib_takes_tens_of_milliseconds() -> None:
    redactor = Redactor({f"S{number}": f"sk-{number}-" + "aB3x" * 12 for number in range(10)})
    text = ("+    return compute(value, other) if value else None  # as before\n" * 70_000)[: 4 << 20]
    event = ArtifactKept(name="diff", size=len(text), text=text)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        assert redactor.redact(event) is event
        took.append(time.perf_counter() - began)
    assert min(took) < 0.5  # some 60 ms on a machine that does nothing else
