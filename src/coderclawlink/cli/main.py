"""The command line as a whole: which commands there are, and what becomes of what they raise.

Exit codes, for all commands: 0 it is done; 1 it was done and the answer is no (a run failed, a check failed); 2 it could not
be done (wrong use, no hub, refused); 3 the run was cancelled; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata

from cyclopts import App, CycloptsError

from coderclawlink.cli import (
    agent_test,
    agents,
    attachments,
    audit,
    backup,
    board,
    budgets,
    chat,
    comments,
    comparisons,
    demo,
    devices,
    doctor,
    github,
    groups,
    imports,
    labels,
    members,
    merging,
    nodes,
    passkeys,
    policy,
    projects,
    prompts,
    providers,
    pull_requests,
    questions,
    repositories,
    results,
    reviews,
    runs,
    search,
    secrets,
    serve,
    sessions,
    signing,
    tasks,
    tokens,
    usage,
    users,
    views,
)
from coderclawlink.errors import ClawlinkError

CANNOT = 2
INTERRUPTED = 130

app = App(
    name="clawlink",
    help="Run AI coding agents on your own machines: durable, governed, proven.",
    version=metadata.version("coderclawlink"),
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
app.command(serve.serve)
app.command(demo.demo)
tasks.app.command(comparisons.compare)
for task_verb in (*board.COMMANDS, *comments.COMMANDS, *attachments.COMMANDS, labels.label):
    tasks.app.command(task_verb)
tasks.app.command(repositories.of_task, name="repositories")
projects.app.command(labels.labels)
projects.app.command(labels.label_of_project, name="label")
agents.app.command(agent_test.try_out, name="test")
for verb in (*prompts.COMMANDS, *results.COMMANDS):
    runs.app.command(verb)
for pull_verb in merging.COMMANDS:
    pull_requests.app.command(pull_verb)
app.command(merging.webhook)
app.command(search.search)
app.command(questions.inbox)
app.command(sessions.whoami)
for verb_of_ones_own in (signing.sign_in, signing.sign_out, signing.step_up, signing.accept, signing.password):
    app.command(verb_of_ones_own)
for noun in (projects, tasks, views, runs, reviews, chat, comparisons, agents, budgets, nodes, sessions, secrets):
    app.command(noun.app)
app.command(users.app)
app.command(tokens.app)
app.command(devices.app)
app.command(passkeys.app)
app.command(providers.app)
app.command(groups.app)
app.command(members.app)
app.command(members.uses)
projects.app.command(members.private)
app.command(repositories.app)
app.command(pull_requests.app)
app.command(github.app)
app.command(policy.app)
app.command(imports.app)
app.command(imports.issues)
app.command(audit.app)
app.command(usage.usage)
app.command(backup.app)
app.command(backup.restore)
app.command(doctor.doctor)


@app.command
def version() -> int:
    """Print the version of this program."""
    print(metadata.version("coderclawlink"))
    return 0


def run(words: list[str] | None = None) -> int:
    """Do what the words say; returns the exit code."""
    try:
        answer = app(words, exit_on_error=False)
    except CycloptsError:
        return CANNOT  # it has been printed with the usage
    except ClawlinkError as error:
        print(error.message, file=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, `head` say, has what it wanted. Nothing may be written to the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return answer if isinstance(answer, int) else 0


def main() -> None:
    """The entry point."""
    sys.exit(run())
