"""The loop with the model: asks it, shows what it says, does what it wants, until it has nothing more to do.

Above: `talk`, which loads this file late, because pydantic-ai takes seconds to import. Below: pydantic-ai and the
provider's client; `hands` does the work and `stage` shows it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic_ai import (
    Agent,
    AgentRunError,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ModelAPIError,
    ModelHTTPError,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelSettings,
    PartDeltaEvent,
    PartStartEvent,
    RunContext,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    ToolCallPart,
    ToolFailed,
    ToolReturnPart,
    UsageLimitExceeded,
    UsageLimits,
    UserPromptPart,
)
from pydantic_ai.models import Model

from coderclawlink.agent.hands import CannotDo, Change, Hands
from coderclawlink.agent.stage import Call, Kind, Stage

REQUESTS = 200
"""Calls of the model in one turn, at most."""
GUIDANCE_CHARACTERS = 16_000

INSTRUCTIONS = """\
You are a coding agent at work in the folder {root}. You change files and run commands there with your tools until what is
asked is done; nobody reads along, so do not stop to ask unless you truly cannot go on.

- Look before you change: list, search and read what matters. Follow the conventions that you find.
- Make the smallest change that does all of what is asked. Leave alone what has nothing to do with it.
- Paths are relative to the folder. For edits, copy the old text exactly, with enough around it to be unique.
- Check your work: run the tests, the linter or the program when there is a way to. If a command fails, find out why.
- Do not commit, push, or rewrite history unless you are asked to.
- If a tool call is refused, do not try to get the same thing done another way.
- End with a few plain sentences: what you changed, how you checked it, what is left. Claim nothing that you did not see.
"""


@dataclass(frozen=True)
class Turned:
    """A turn's end. Tokens are sums over the turn's calls; `exhausted`: it was stopped after too many of them.

    `error`: a call of the model failed, or its answers make no sense; `status` is its HTTP status if it had one.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    exhausted: bool = False
    error: str | None = None
    status: int | None = None


@dataclass
class _Turn:
    """What the tools of one turn need."""

    hands: Hands
    stage: Stage
    announced: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    """Set when the client has been shown the tool call, so that what the tool tells comes after it."""
    changes: dict[str, Change] = field(default_factory=dict)


Context = RunContext[_Turn]


class Mind:
    """The loop bound to one model; conversations are handed in."""

    def __init__(self, wire: str, model: str, environment: Mapping[str, str]) -> None:
        chosen, settings = _connect(wire, model, environment)
        self._agent: Agent[_Turn, str] = Agent(
            chosen, deps_type=_Turn, instructions=_instructions, model_settings=settings, retries=3
        )
        tool = self._agent.tool
        tool(read_file)
        tool(list_files)
        tool(search)
        # One after the other: they act on each other's results.
        tool(sequential=True)(write_file)
        tool(sequential=True)(edit_file)
        tool(sequential=True)(run_command)

    async def turn(
        self, prompt: str, messages: Sequence[object], hands: Hands, stage: Stage, keep: Callable[[list[object]], None]
    ) -> Turned:
        """Work on a prompt. `keep` is given the whole conversation at the end, whatever the end is.

        Cancelling is safe at any time, and leaves no command behind.
        """
        turn = _Turn(hands, stage)
        history = _mended(ModelMessagesTypeAdapter.validate_python(messages))
        limits = UsageLimits(request_limit=REQUESTS)
        running = self._agent.run_stream_events(prompt, message_history=history, deps=turn, usage_limits=limits)
        async with running as events:
            exhausted, error, status = False, None, None
            try:
                async for event in events:
                    await _show(event, turn)
            except UsageLimitExceeded:
                exhausted = True
            except ModelHTTPError as failed:
                status = failed.status_code
                error = f"The model call failed with HTTP {status}: {_said(failed)}"
            except ModelAPIError as failed:
                error = f"The model could not be reached: {failed}"
            except AgentRunError as failed:
                error = f"The model's answers make no sense: {failed}"
            finally:
                keep(ModelMessagesTypeAdapter.dump_python(events.all_messages(), mode="json"))
            used = events.usage
        return Turned(used.input_tokens, used.output_tokens, used.cache_read_tokens, exhausted, error, status)

    async def replay(self, messages: Sequence[object], hands: Hands, stage: Stage) -> None:
        """Show a conversation again, from its beginning."""
        for message in ModelMessagesTypeAdapter.validate_python(messages):
            for part in message.parts:
                match part:
                    case UserPromptPart(content=str(text)):
                        await stage.hear(text)
                    case TextPart(content=text):
                        await stage.say(text)
                    case ThinkingPart(content=text):
                        await stage.think(text)
                    case ToolCallPart():
                        await stage.announce(_call(part, hands))
                    case ToolReturnPart():
                        await stage.end(
                            part.tool_call_id, failed=part.outcome != "success", output=part.model_response_str()
                        )
                    case _:
                        pass


def _mended(history: list[ModelMessage]) -> list[ModelMessage]:
    """Without a last answer whose tool calls never came to a result: providers refuse such a conversation."""
    if history and any(isinstance(part, ToolCallPart) for part in history[-1].parts):
        return history[:-1]
    return history


def _connect(wire: str, model: str, environment: Mapping[str, str]) -> tuple[Model, ModelSettings]:
    """The model behind a wire. Only its own client is imported: each costs a second or more."""
    if wire == "anthropic":
        from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings  # noqa: PLC0415
        from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

        base = environment.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com").rstrip("/").removesuffix("/v1")
        key = environment.get("ANTHROPIC_API_KEY") or "none"
        settings = AnthropicModelSettings(
            max_tokens=16_000,
            anthropic_cache_instructions=True,
            anthropic_cache_tool_definitions=True,
            anthropic_cache_messages=True,
        )
        return AnthropicModel(model, provider=AnthropicProvider(base_url=base, api_key=key)), settings
    from pydantic_ai.models.ollama import OllamaModel  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel  # noqa: PLC0415
    from pydantic_ai.providers.ollama import OllamaProvider  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    if wire == "ollama":
        host = environment.get("OLLAMA_HOST") or "127.0.0.1:11434"
        base = host if "://" in host else f"http://{host}"
        key = environment.get("OLLAMA_API_KEY") or "none"
        return OllamaModel(model, provider=OllamaProvider(base_url=_versioned(base), api_key=key)), ModelSettings()
    base = environment.get("OPENAI_BASE_URL") or "https://api.openai.com"
    openai = OpenAIProvider(base_url=_versioned(base), api_key=environment.get("OPENAI_API_KEY") or "none")
    if wire == "responses":
        return OpenAIResponsesModel(model, provider=openai), ModelSettings()
    return OpenAIChatModel(model, provider=openai), ModelSettings()


def _versioned(base: str) -> str:
    return base.rstrip("/").removesuffix("/v1") + "/v1"


def _instructions(ctx: Context) -> str:
    """The same for all calls of a session, so that the provider can cache it."""
    text = INSTRUCTIONS.format(root=ctx.deps.hands.root)
    try:
        guidance = (ctx.deps.hands.root / "AGENTS.md").read_text(encoding="utf-8")[:GUIDANCE_CHARACTERS]
    except (OSError, UnicodeDecodeError):
        return text
    return f"{text}\nWhat AGENTS.md in this folder says:\n\n{guidance}"


async def _show(event: object, turn: _Turn) -> None:
    stage = turn.stage
    match event:
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            await stage.say(text)
        case PartStartEvent(part=ThinkingPart(content=text)):
            await stage.think(text)
        case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=str(text))):
            await stage.think(text)
        case FunctionToolCallEvent(part=part):
            await stage.announce(_call(part, turn.hands))
            turn.announced[part.tool_call_id].set()
        case FunctionToolResultEvent(part=part):
            done = turn.changes.pop(part.tool_call_id, None)
            await stage.end(
                part.tool_call_id, failed=part.outcome != "success", output=part.model_response_str(), change=done
            )
        case _:
            pass


_KINDS: Mapping[str, Kind] = {
    "read_file": "read",
    "list_files": "read",
    "search": "search",
    "write_file": "edit",
    "edit_file": "edit",
    "run_command": "execute",
}
_TITLES = {"read_file": "Read", "list_files": "List", "search": "Search", "write_file": "Write", "edit_file": "Edit"}


def _call(part: ToolCallPart, hands: Hands) -> Call:
    """A tool call for people to see, however wrong its arguments are."""
    try:
        given: Mapping[str, object] = part.args_as_dict()
    except (ValueError, AssertionError):
        given = {}
    path: object = given.get("path")
    about = given.get("command") if part.tool_name == "run_command" else given.get("pattern", path)
    words = [_TITLES.get(part.tool_name, "" if part.tool_name == "run_command" else part.tool_name), str(about or "")]
    title = " ".join(word for word in words if word).splitlines() or [part.tool_name]
    try:
        found = hands.find(path) if isinstance(path, str) and part.tool_name in _KINDS else None
    except CannotDo:
        found = None
    return Call(part.tool_call_id, title[0][:200], _KINDS.get(part.tool_name, "other"), given or part.args, found)


def _said(error: ModelHTTPError) -> str:
    body = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping) and isinstance(inner.get("message"), str):
            return str(inner["message"])
    return str(body or error)[:500]


# ── the tools, as the model knows them ─────────────────────────────────────────────────────────────────────────────


async def read_file(ctx: Context, path: str, first_line: int = 1, lines: int = 2000) -> str:
    """Read a text file; lines come with their numbers.

    Args:
        path: The file, relative to the folder.
        first_line: Where to begin, counted from 1.
        lines: How many lines to read.
    """
    return await _look(ctx, lambda hands: asyncio.to_thread(hands.read_file, path, first_line, lines))


async def list_files(ctx: Context, path: str = ".") -> str:
    """List all files below a folder.

    Args:
        path: The folder, relative to where you work.
    """
    return await _look(ctx, lambda hands: asyncio.to_thread(hands.list_files, path))


async def search(ctx: Context, pattern: str, path: str = ".") -> str:
    """Find the lines that match a pattern in all text files below a folder.

    Args:
        pattern: An extended regular expression, as grep -E takes it.
        path: The folder or file, relative to where you work.
    """
    return await _look(ctx, lambda hands: hands.search(pattern, path))


async def write_file(ctx: Context, path: str, content: str) -> str:
    """Write a file whole; its folders are made, what was in it is lost.

    Args:
        path: The file, relative to the folder.
        content: All that is to be in it.
    """
    return await _change(ctx, lambda hands: hands.plan_write(path, content))


async def edit_file(ctx: Context, path: str, old_text: str, new_text: str, every: bool = False) -> str:
    """Replace an exact text in a file.

    Args:
        path: The file, relative to the folder.
        old_text: What is there now, copied exactly; it must be there once only.
        new_text: What is to be there instead.
        every: Replace it wherever it is.
    """
    return await _change(ctx, lambda hands: hands.plan_edit(path, old_text, new_text, every))


async def run_command(ctx: Context, command: str, timeout_seconds: float = 120) -> str:
    """Run a bash command in the folder. It has no input; what it leaves in the background is ended with it.

    Args:
        command: The command.
        timeout_seconds: After how long it is ended, at most 1800.
    """
    turn, id = await _shown(ctx)
    await _permitted(turn, Call(id, command.splitlines()[0][:200] if command else "", "execute", {"command": command}))
    await turn.stage.begin(id)
    limit = min(max(timeout_seconds, 1.0), 1800.0)
    try:
        ran = await turn.hands.run(command, limit, lambda text: turn.stage.show_output(id, text))
    except CannotDo as error:
        raise ToolFailed(str(error)) from error
    if ran.code is None:
        raise ToolFailed(f"{ran.output}\n(ended after {limit:g} s)")
    return ran.output or "(no output)" if ran.code == 0 else f"{ran.output}\n(exit code {ran.code})"


async def _shown(ctx: Context) -> tuple[_Turn, str]:
    """The turn and the call's id, once the client has been shown the call."""
    id = ctx.tool_call_id or ""
    await ctx.deps.announced[id].wait()
    return ctx.deps, id


async def _permitted(turn: _Turn, call: Call, change: Change | None = None) -> None:
    if not await turn.stage.may(call, change):
        raise ToolFailed("The user refused this. Do not try it another way.")


async def _look(ctx: Context, look: Callable[[Hands], Awaitable[str]]) -> str:
    turn, _ = await _shown(ctx)
    try:
        return await look(turn.hands)
    except CannotDo as error:
        raise ToolFailed(str(error)) from error


async def _change(ctx: Context, plan: Callable[[Hands], Change]) -> str:
    turn, id = await _shown(ctx)
    try:
        change = plan(turn.hands)
        await turn.stage.show_change(id, change)
        path = change.path.relative_to(turn.hands.root)
        await _permitted(
            turn, Call(id, f"{'Write' if change.old is None else 'Change'} {path}", "edit", path=change.path), change
        )
        turn.hands.apply(change)
    except CannotDo as error:
        raise ToolFailed(str(error)) from error
    turn.changes[id] = change
    return f"{path} is {'written' if change.old is None else 'changed'}."
