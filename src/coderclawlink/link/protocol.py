"""The words between hub and node, as data: pure, no sockets.

One idea carries the link: **the hub's database says what should be, the node's spool says what was, and each `Hello` and
`Beat` lays them beside each other.** So no word of the hub needs an acknowledgement: `Assign`, `Stop` and `Answer` follow
from the database and are said again until they show in what the node holds. What a node tells is an `Entry`, numbered by
`n` from 1 within its attempt, kept by the node until the hub says `Kept`, and safe to send twice: the hub drops doubles
by `(run, attempt, n)`. A hub refuses the entries of an attempt it has given up (`Stop` with `stale`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from coderclawlink.configuration import AgentConfiguration, Verification

VERSION = 1
"""Spoken by both ends; a hub refuses a node of another version in words."""


class Word(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


RunName = Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
Number = Annotated[int, Field(ge=1, lt=2**31)]


class Fence(BaseModel):
    """Names one attempt. Every word about an attempt carries it."""

    model_config = ConfigDict(frozen=True)
    run: RunName
    attempt: Number


# ── node → hub ─────────────────────────────────────────────────────────────────────────────────────────────────────


class AgentOffer(BaseModel):
    """An agent as the node found it. `limit`: at most so many of its attempts at once on this node; None: no limit."""

    model_config = ConfigDict(frozen=True)
    name: str
    description: str = ""
    available: bool
    version: str | None = None
    why: str | None = None
    capabilities: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    driver: str = ""
    limit: int | None = None
    reached: str = ""
    """How, for people: the program's path, or the server's address."""
    signed_in: bool | None = None
    """None: it needs no signing in, or that cannot be told."""
    model: str = ""
    """What it uses when nothing else is configured."""
    accounts: tuple[str, ...] = ()
    """The accounts it can be run on, the default first."""


class Hello(Word):
    """The first word. `held`: attempts at work here; `spooled`: attempts with entries the hub has not kept yet."""

    word: Literal["hello"] = "hello"
    version: int = VERSION
    node: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
    """A name that stays the same over restarts of the node."""
    boot: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
    """New at each start of the node's process: two boots of one name are two processes, the later one counts."""
    slots: Annotated[int, Field(ge=0, le=10_000)]
    labels: dict[str, str] = Field(default_factory=dict)
    agents: tuple[AgentOffer, ...] = ()
    sandbox: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")] = "none"
    held: tuple[Fence, ...] = ()
    spooled: tuple[Fence, ...] = ()


class Entry(BaseModel):
    """One thing that happened in an attempt. `at`: the node's clock, for people only; order is by `n`."""

    model_config = ConfigDict(frozen=True)
    run: RunName
    attempt: Number
    n: Number
    at: str
    event: dict[str, Any]


class Record(Word):
    """Entries to keep, in order within each attempt."""

    word: Literal["record"] = "record"
    entries: tuple[Entry, ...]


class Show(Word):
    """A piece of what the agent is saying: for eyes only, never kept, may be lost."""

    word: Literal["show"] = "show"
    run: RunName
    attempt: Number
    event: dict[str, Any]


class Beat(Word):
    """The lease is renewed. Sent every `beat_seconds`; `held` is what Hello says, so that both ends agree again."""

    word: Literal["beat"] = "beat"
    held: tuple[Fence, ...] = ()
    agents: tuple[AgentOffer, ...] | None = None
    """Present when a new look at the agents found something else."""


class Pushed(Word):
    """The answer to `Push`. `branch`: the name that it was given; None: it is not there, and `error` says why. `retry`: it may
    well succeed when tried again."""

    word: Literal["pushed"] = "pushed"
    delivery: RunName
    branch: str | None = None
    error: str = ""
    retry: bool = False


class Goodbye(Word):
    """The node is about to stop politely and holds nothing."""

    word: Literal["goodbye"] = "goodbye"


# ── hub → node ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Attached(BaseModel):
    """A file of the task that an attempt is for. `name`: of a file, never a path; `size`: bytes. The node fetches it by
    `GET /api/link/attachments/{sha256}`, with its key."""

    model_config = ConfigDict(frozen=True)
    name: Annotated[
        str, Field(pattern=r"^([^/\x00-\x1f\x7f]{3,255}|[^/.\x00-\x1f\x7f][^/\x00-\x1f\x7f]?|\.[^/.\x00-\x1f\x7f])$")
    ]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class Beside(BaseModel):
    """A further repository of the task, which lies beside the first. `name`: of its folder; `token`: as that of the order."""

    model_config = ConfigDict(frozen=True)
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    repository: str
    branch: str
    token: str | None = Field(default=None, repr=False)


class Order(BaseModel):
    """All that a node needs to know to make an attempt.

    `repository`: what git clones, or None for an empty folder. `branch`: the name the result gets. `author`: "Name <mail>"
    of the requester. `resume`: numbers of earlier attempts of the run whose work may lie on this node, latest first.
    """

    model_config = ConfigDict(frozen=True)
    run: RunName
    attempt: Number
    agent: str
    prompt: str
    context: dict[str, Any] = Field(default_factory=dict)
    repository: str | None = None
    branch: str = ""
    author: str = ""
    title: str = ""
    """The first line of the commit."""
    timeout_seconds: float
    resume: tuple[int, ...] = ()
    follows: Fence | None = None
    """The attempt of an earlier run that this run goes on from: its commit, its agent's memory."""
    number: int = 0
    """Which of the run's prompts `prompt` is; 0 is its own."""
    session: str = ""
    """The agent's name for the conversation to take up again, where its memory lies here."""
    transcript: str = ""
    """What was said and done so far, for an agent that remembers nothing."""
    configuration: AgentConfiguration = AgentConfiguration()
    budget_usd: float | None = None
    """What this attempt may spend. None: no cap."""
    budget_tokens: int | None = None
    verification: Verification | None = None
    """The project's. None: the repository's default branch may say."""
    attachments: tuple[Attached, ...] = ()
    """The task's files, which the agent finds beside its work."""
    beside: tuple[Beside, ...] = ()
    """The further repositories that it is about."""
    token: str | None = Field(default=None, repr=False)
    """For cloning over https; None: the node's own. Never kept on disk and never told."""


class Ask(Word):
    """A further prompt for the attempt: for the time after the turn, or with `steer` at once. The same number again replaces
    it, with `text` None withdraws it; once the node has told `prompt.taken` it is too late for both."""

    word: Literal["ask"] = "ask"
    run: str
    attempt: int
    number: int
    text: str | None
    steer: bool = False
    revision: int = 0
    """How often its words were changed before."""


class Push(Word):
    """Put a commit that lies here on a branch of a repository. Said again until the node has answered with `Pushed`.

    `expects`: commits of ours that the branch may stand at and be moved from, forward or not; where it stands elsewhere, the work gets
    another name. `token`: for https, never kept on disk and never told."""

    word: Literal["push"] = "push"
    delivery: RunName
    run: RunName
    attempt: Number
    head: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    repository: str
    branch: str
    expects: tuple[str, ...] = ()
    token: str | None = Field(default=None, repr=False)


class Welcome(Word):
    """The answer to Hello. The node stops what is in `stop` (given up by the hub) and forgets its entries."""

    word: Literal["welcome"] = "welcome"
    hub: str
    lease_seconds: float
    beat_seconds: float
    stop: tuple[Fence, ...] = ()


class Assign(Word):
    """Make this attempt. Said again until the node holds it; a node that has it already ignores it."""

    word: Literal["assign"] = "assign"
    order: Order


class Stop(Word):
    """End the attempt. `cancelled`: the run was cancelled; `timeout`: it took too long; `stale`: the hub gave it up, its
    words are refused; `interrupted`: it will go on later. The work is saved in every case."""

    word: Literal["stop"] = "stop"
    run: str
    attempt: int
    why: Literal["cancelled", "timeout", "stale", "interrupted"]


class Answer(Word):
    word: Literal["answer"] = "answer"
    run: str
    attempt: int
    question: str
    option: str | None
    text: str | None = None


class Kept(Word):
    """All entries of the attempt up to and with `n` are on the hub's disk: the node may forget them."""

    word: Literal["kept"] = "kept"
    run: str
    attempt: int
    n: int


class Drain(Word):
    """Stop politely: interrupt every attempt, save the work, send what is spooled, say Goodbye, exit."""

    word: Literal["drain"] = "drain"


class Refused(Word):
    """The hub will not speak with this node; `why` is for people."""

    word: Literal["refused"] = "refused"
    why: str


NodeWord = Hello | Record | Show | Beat | Pushed | Goodbye
HubWord = Welcome | Assign | Stop | Answer | Ask | Push | Kept | Drain | Refused

node_word: TypeAdapter[NodeWord] = TypeAdapter(Annotated[NodeWord, Field(discriminator="word")])
hub_word: TypeAdapter[HubWord] = TypeAdapter(Annotated[HubWord, Field(discriminator="word")])

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any, longest: int) -> Any:
    """JSON as every database and every reader of JSON takes it, with no text longer than so many characters.

    Agents say what is no text: NUL, and half a character of two where a stream was cut between them. Both become U+FFFD.
    """
    match value:
        case str():
            text = _UNSTORABLE.sub("\ufffd", value)
            return text if len(text) <= longest else f"{text[:longest]}… {len(text) - longest} characters left out"
        case dict():
            return {storable(key, longest): storable(item, longest) for key, item in value.items()}
        case list() | tuple():
            return [storable(item, longest) for item in value]
        case _:
            return value
