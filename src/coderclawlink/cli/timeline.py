"""A run as it is told on a terminal: each event becomes some words, as it comes.

Above: `following`. Below: `text`. What an agent says is written while it says it; its tool calls when they begin and when they are
over; a question with the ways to answer it. All of it is somebody else's text and goes through `text.clean`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from coderclawlink.cli.text import clean, count, cut, line
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentMessage,
    AgentPlan,
    AgentSession,
    AgentThought,
    AgentTool,
    AgentUsage,
    AnyEvent,
    AttemptEnded,
    AttemptLost,
    AttemptPlaced,
    AttemptStarted,
    BudgetReached,
    ChatAsked,
    ChatProposed,
    CheckEnded,
    ChecksDemanded,
    CheckStarted,
    ComparisonKept,
    ComparisonStarted,
    Pause,
    PermissionDecided,
    PromptChanged,
    PromptQueued,
    PromptTaken,
    PromptWithdrawn,
    ProposalDecided,
    QuestionAnswered,
    QuestionAsked,
    ReceiptIssued,
    RemarksJudged,
    RemarksSent,
    RunCancelled,
    RunCompleted,
    RunDiscarded,
    RunFailed,
    RunHandedOver,
    RunResumed,
    RunReviewed,
    RunSubmitted,
    RunWaiting,
    WorkCommitted,
    WorkSaved,
)

OUTPUT_LINES = 12
"""So many of a tool call's last lines are shown."""
TITLE_COLUMNS = 200

_DECIDED = {True: "is confirmed by", False: "is dismissed by"}

Paint = Callable[[str, str], str]


@dataclass
class Timeline:
    """What has been written so far, as far as the next words depend on it.

    `run`: how the run is named in what is to be typed. `paint(words, colour)`: as `screen.paint`. `colour`: the agent's own
    colours may pass.
    """

    run: str
    write: Callable[[str], object]
    paint: Paint
    colour: bool = False
    _said: dict[bool, str] = field(default_factory=dict)
    """What has been written of the thought (True) and the message (False) under way."""
    _in_line: bool = False
    _thinking: bool = False
    """Whether the last words were a thought's."""
    _tools: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)
    _usage: AgentUsage | None = None

    def tell(self, event: AnyEvent) -> None:
        """Write what the event means to who watches; some mean nothing."""
        match event:
            case AgentChunk():
                self._chunk(event.text, thought=event.thought)
            case AgentMessage():
                self._whole(event.text)
            case AgentThought():
                self._whole(event.text, thought=True)
            case AgentTool():
                self._tool(event)
            case AgentPlan(entries=entries):
                marks = {"completed": "✓", "in_progress": "→", "pending": "·"}
                self._line("plan", "dim")
                for entry in entries:
                    self._line(f"  {marks[entry.status]} {line(entry.text)}", "dim")
            case AgentUsage():
                self._usage = event
            case AgentLog(text=text):
                self._line(f"log  {line(text)}", "dim")
            case QuestionAsked():
                self._question(event)
            case QuestionAnswered():
                how = self._asked.get(f"{event.question} {event.option}", event.option or "dismissed")
                words = f", “{line(event.text)}”" if event.text else ""
                self._line(f"  answered by {line(event.by)}: {line(how)}{words}", "yellow")
            case _:
                self._progress(event)
                self._asked_and_proven(event)
                self._talked_over(event)

    def _progress(self, event: AnyEvent) -> None:
        match event:
            case RunSubmitted():
                self._line(f"submitted to {line(event.agent)}", "dim")
            case AttemptPlaced(node=node):
                self._line(f"placed on node {line(node)}", "dim")
            case AttemptStarted():
                what = line(event.agent_version) or "the agent"
                self._line(f"{what} is at work, contained by {line(event.sandbox)}", "dim")
            case RunWaiting():
                until = f", until {line(event.until)}" if event.until else ""
                self._line(f"waits: {line(event.reason)}, for {line(event.who)}{until}", "yellow")
            case AgentSession(resumed=True):
                self._line("it remembers what was said before", "dim")
            case RunHandedOver():
                self._line(f"handed over from {line(event.before)} to {line(event.agent)}: {line(event.why)}", "yellow")
            case RunResumed():
                self._line("goes on", "dim")
            case AttemptLost():
                self._line("the node is gone; the next attempt follows", "yellow")
            case AttemptEnded(outcome="interrupted"):
                self._line("interrupted; the work is saved, the next attempt goes on", "yellow")
            case AttemptEnded(outcome="paused", pause=Pause() as pause):
                until = f", until {line(pause.until)}" if pause.until else ""
                self._line(f"paused for a {pause.reason}: {line(pause.why)}{until}; the work is saved", "yellow")
            case AttemptEnded(outcome="failed", error=error):
                self._line(f"the attempt failed: {line(error)}", "red")
            case WorkSaved():
                self._line(f"unfinished work is saved as {line(event.ref)}", "dim")
            case WorkCommitted():
                where = f" on {line(event.branch)}" if event.branch else ""
                where += f" of {line(event.repository)}" if event.repository else ""
                self._line(
                    f"commit {line(event.head[:12])}{where}: "
                    f"{count(event.files, 'file')}, +{event.additions} −{event.deletions}",
                    "bold",
                )
            case RunCompleted():
                self._end("completed", "green")
            case RunFailed(error=error):
                self._end(f"failed: {line(error)}", "red")
            case RunCancelled():
                self._end("cancelled", "yellow")
            case _:
                pass

    def _asked_and_proven(self, event: AnyEvent) -> None:
        """Prompts, rules, checks, money, reviews."""
        match event:
            case PromptQueued():
                when = "at once" if event.steer else "next"
                self._line(f"prompt {event.number} of {line(event.by)}, {when}: {self._cut(event.text)}", "dim")
            case PromptChanged():
                self._line(f"prompt {event.number} is now: {self._cut(event.text)}", "dim")
            case PromptWithdrawn():
                self._line(f"prompt {event.number} is withdrawn", "dim")
            case PromptTaken(number=None):
                self._line(f"» the node: {self._cut(event.text)}", "bold")
            case PromptTaken(number=number) if number:
                self._line(f"» {self._cut(event.text)}", "bold")
            case PermissionDecided():
                did, colour = {"allow": ("allowed", "dim"), "deny": ("denied", "yellow")}.get(
                    event.effect, ("asked", "dim")
                )
                by = f"the rule “{line(event.rule)}”" if event.rule else "the agent's mode"
                self._line(f"{did} by {by}: {self._cut(event.title)}", colour)
            case ChecksDemanded(names=names) if names:
                self._line(f"the result must pass: {', '.join(map(line, names))}", "dim")
            case CheckStarted():
                self._line(f"→ check {line(event.name)}  {self._cut(event.command)}", "cyan")
            case CheckEnded():
                self._check(event)
            case BudgetReached():
                whose = f"{line(event.scope)} {line(event.name)}".strip()
                spent = f"{event.spent_usd:.4f} USD, {event.spent_tokens:,} tokens spent"
                self._line(f"{event.percent} % of the budget of {whose}: {spent}", "yellow")
            case ReceiptIssued():
                self._line(f"receipt {line(event.digest[:16])}", "dim")
            case RunReviewed():
                verdict = "approved by" if event.approved else "changes wanted by"
                words = f": {line(event.text)}" if event.text else ""
                self._line(f"{verdict} {line(event.by)}{words}", "green" if event.approved else "yellow")
            case _:
                pass

    def _talked_over(self, event: AnyEvent) -> None:
        """Comments on lines, runs side by side, chats."""
        match event:
            case RemarksSent():
                self._line(f"{count(len(event.remarks), 'comment')} on lines, sent by {line(event.by)}", "dim")
            case RemarksJudged():
                open_still = f"{len(event.addressed)} addressed, {len(event.still_open)} still open"
                self._line(f"comments on lines: {open_still}", "yellow" if event.still_open else "green")
            case RunDiscarded():
                words = f": {line(event.text)}" if event.text else ""
                self._line(f"the result is discarded by {line(event.by)}{words}", "red")
            case ComparisonStarted():
                others = count(len(event.runs) - 1, "other run")
                self._line(f"it is compared with {others}:  clawlink comparison show {line(event.comparison)}", "dim")
            case ComparisonKept():
                self._line("this is the run that was kept of the comparison", "dim")
            case ChatAsked():
                self._line(f"message {event.number} of a chat", "dim")
            case ChatProposed():
                self._line(f"it proposes {count(len(event.proposals), 'change')} for you to confirm", "yellow")
            case ProposalDecided():
                self._line(f"proposal {event.proposal} {_DECIDED[event.confirmed]} {line(event.by)}", "dim")
            case _:
                pass

    def _check(self, check: CheckEnded) -> None:
        took = f"{check.seconds:.1f} s"
        if check.passed:
            self._line(f"✓ check {line(check.name)}  {took}", "green")
            return
        how = "out of time" if check.exit_code is None else f"exit code {check.exit_code}"
        self._line(f"✗ check {line(check.name)}  {how}, {took}", "red")
        self._last_lines(check.output)

    def note(self, words: str) -> None:
        """A line of our own."""
        self._line(words, "dim")

    # ── the agent's words ──────────────────────────────────────────────────────────────────────────────────────────

    def _chunk(self, text: str, *, thought: bool) -> None:
        self._said[thought] = self._said.get(thought, "") + text
        self._words(text, thought=thought)

    def _whole(self, text: str, *, thought: bool = False) -> None:
        """The message is said. What of it has not been written yet, because nobody watched, is written now.

        Chunks come a little before the messages that they are pieces of, so the next one may have begun.
        """
        said = self._said.pop(thought, "")
        if said.startswith(text):
            self._said[thought] = said.removeprefix(text)
            if self._thinking is thought and said == text:
                self._break()
            return
        self._words(text.removeprefix(said), thought=thought)
        self._break()

    def _words(self, text: str, *, thought: bool) -> None:
        words = clean(text, colour=self.colour and not thought)
        if self._in_line and self._thinking is not thought:
            self._break()
        self._thinking = thought
        if words:
            self.write(self.paint(words, "dim") if thought else words)
            self._in_line = not words.removesuffix("\x1b[0m").endswith("\n")

    def _tool(self, tool: AgentTool) -> None:
        before = self._tools.get(tool.id)
        if tool.status == before or before in ("completed", "failed"):
            return
        self._tools[tool.id] = tool.status
        what = cut(line(tool.title or tool.input) or "…", TITLE_COLUMNS)
        if tool.status not in ("completed", "failed"):
            if before is None:
                self._line(f"→ {line(tool.tool)}  {what}", "cyan")
            return
        mark, colour = ("✓", "cyan") if tool.status == "completed" else ("✗", "red")
        self._line(f"{mark} {line(tool.tool)}  {what}", colour)
        if tool.status == "failed" or tool.tool == "execute":
            self._last_lines(tool.output)

    def _last_lines(self, output: str) -> None:
        said = clean(output).splitlines()
        if len(said) > OUTPUT_LINES:
            self._line(f"    … {count(len(said) - OUTPUT_LINES, 'line')} more", "dim")
        for words in said[-OUTPUT_LINES:]:
            self._line(f"    {words}", "dim")

    def _cut(self, text: str) -> str:
        return cut(line(text), TITLE_COLUMNS)

    def _question(self, asked: QuestionAsked) -> None:
        self._line(f"? {line(asked.title)}", "yellow")
        for words in clean(asked.detail).splitlines():
            self._line(f"    {words}")
        for option in asked.options:
            self._asked[f"{asked.question} {option.id}"] = option.label
            self._line(f"  {line(option.label)}:  clawlink run answer {self.run} {line(option.id)}", "yellow")

    # ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _end(self, words: str, colour: str) -> None:
        if self._usage is not None:
            cost = "" if self._usage.cost_usd is None else f", {self._usage.cost_usd:.4f} USD"
            used = f"{self._usage.input_tokens:,} tokens in, {self._usage.output_tokens:,} out{cost}"
            self._line(f"{count(self._usage.calls, 'model call')}, {used}", "dim")
        self._line(words, colour)

    def _line(self, words: str, colour: str | None = None) -> None:
        self._break()
        self.write((self.paint(words, colour) if colour else words) + "\n")

    def _break(self) -> None:
        if self._in_line:
            self.write("\n")
        self._in_line = False
