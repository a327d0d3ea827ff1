"""What a tool call would do, as an act that rules are laid beside: its command, its files, the machines it speaks with.

Above: the connection, before anybody is asked. Below: the translation, which has heard the call; the file system, because a
path counts as where it leads. Agents name the same things differently, so everything is looked for under many names, and
what cannot be told is never made to look like something known: a tool nobody knows stays `other`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from coderclawlink.drivers.acp.translate import LONGEST_TEXT, Raw, Wanted, shorten
from coderclawlink.rules import Act
from coderclawlink.rules.commands import simple_commands

MOST_PARTS = 200
"""Paths or hosts told of one act. One that names more also names the root, which no pattern of the workspace covers."""

BY_TITLE = "# what it is called; its exact command was not told"

_COMMAND_KEYS = ("command", "cmd", "script", "shell_command", "commandLine")
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})
_EDITOR = frozenset({"view", "create", "str_replace", "insert", "undo_edit"})
"""What the text editor tools of some models call a command."""
_PATH_KEYS = frozenset(
    """path paths file files filename filenames filepath filepaths abspath absolutepath relativepath notebookpath targetfile
    dir directory folder dirpath cwd workdir workingdirectory oldpath newpath sourcepath destinationpath targetpath source
    destination dest target root""".split()  # noqa: SIM905  # a list of words is easier to read
)
_PLAIN_KEYS = frozenset(
    """command cmd script shellcommand commandline args cwd workdir workingdirectory directory timeout timeoutms
    timeoutseconds description shell runinbackground isbackground""".split()  # noqa: SIM905
)
"""What a tool that runs commands takes. One of an unknown kind that takes anything else may do anything else."""
_URL_KEYS = frozenset({"url", "urls", "uri", "href", "endpoint", "link"})
_HOST_COMMANDS = frozenset({"curl", "wget", "http", "https", "xh", "ssh", "scp", "sftp", "nc", "telnet", "ping", "ftp"})
_PATCHED = re.compile(
    r"^(?:\*\*\* (?:Add|Update|Delete) File: |\*\*\* Move to: |\+\+\+ (?:b/)?|--- (?:a/)?)([^\t\n]+)", re.MULTILINE
)
_AUTHORITY = re.compile(r"(file)?://([^\s\"'<>|;&)]{1,2000})")
_REMOTE = re.compile(r"(?<![\w.@-])[\w.-]{1,64}@([\w.-]{1,255}):")
_BARE_HOST = re.compile(r"(?:[\w.-]{1,64}@)?([\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|localhost)(?::\d+)?(?:/.*)?")


def tell(wanted: Wanted, workspace: Path, home: Path) -> Act:
    """The act of a tool call. Paths are relative to `workspace` where they lie in it once links are followed."""
    raw = _mapping(wanted.raw)
    command = _command(wanted, raw)
    tool = wanted.tool
    if command and tool != "execute" and (tool != "other" or {_key(key) for key in raw} <= _PLAIN_KEYS):
        tool = "execute"  # whatever it calls itself, it runs a command
    named = [*wanted.paths, *_paths(raw, tool)]
    paths = list(dict.fromkeys(_place(path, workspace, home) for path in named[:MOST_PARTS]))
    if tool == "execute":
        paths = [path for path in paths if path != "."]  # where commands are run anyway
    if tool == "execute" and not command and wanted.title:
        # Gemini tells a command by its title alone. Comments make it unreadable to what allows, not to what forbids.
        command = f"{BY_TITLE}\n{wanted.title}"
    if len(named) > MOST_PARTS:
        paths.append("/")
    return Act(tool=tool, command=shorten(command), paths=tuple(paths), hosts=_hosts(tool, command, raw))


def file_act(method: str, path: str, workspace: Path, home: Path) -> Act:
    """The act of an agent that reads or writes a file through its client."""
    tool = "read" if method == "fs/read_text_file" else "edit"
    return Act(tool=tool, paths=(_place(path, workspace, home),))


def _mapping(raw: object) -> Raw:
    if isinstance(raw, str) and raw.lstrip().startswith("{") and len(raw) <= LONGEST_TEXT:
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return {}
    return raw if isinstance(raw, Mapping) else {}


def _key(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _command(wanted: Wanted, raw: Raw) -> str:
    """The exact line, or "" where there is none."""
    if isinstance(wanted.raw, str) and not raw:
        return wanted.raw if wanted.tool == "execute" else ""
    for fields in (raw, *(value for value in raw.values() if isinstance(value, Mapping))):
        for key in _COMMAND_KEYS:
            value = fields.get(key)
            if isinstance(value, str) and value in _EDITOR and any(_key(key) in _PATH_KEYS for key in fields):
                continue
            if line := _line(value, fields.get("args")):
                return _with_environment(line, fields.get("env"))
    return ""


def _line(command: object, arguments: object) -> str:
    if isinstance(command, str):
        words = _words(arguments)
        return f"{command} {shlex.join(words)}" if command.strip() and words else command.strip() and command
    words = _words(command)
    match words:
        case [shell, flag, line, *_] if os.path.basename(shell) in _SHELLS and re.fullmatch(r"-l?c", flag):
            # What follows the line are the shell's own $0, $1 …, which make it unreadable.
            return line if len(words) == 3 else shlex.join(words)
    return shlex.join([*words, *_words(arguments)])


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list | tuple) else []


def _with_environment(line: str, environment: object) -> str:
    """A command whose environment the agent sets is another command."""
    if not isinstance(environment, Mapping):
        return line
    return "".join(f"{name}={shlex.quote(str(value))} " for name, value in environment.items()) + line


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _walk(raw: object, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in the input with the name it stands under."""
    if isinstance(raw, str):
        yield key, raw
    elif isinstance(raw, Mapping) and depth < 6:
        for name, value in raw.items():
            if _key(name) == "changes" and isinstance(value, Mapping):
                yield from (("path", path) for path in value)  # a patch, by file
            yield from _walk(value, _key(name), depth + 1)
    elif isinstance(raw, list | tuple) and depth < 6:
        for item in raw:
            yield from _walk(item, key, depth + 1)


def _paths(raw: Raw, tool: str) -> list[str]:
    found: list[str] = []
    for key, value in _walk(raw):
        if not value or key in map(_key, _COMMAND_KEYS):
            continue
        named = key in _PATH_KEYS and "://" not in value and "\n" not in value
        # In the texts of an edit anything may stand.
        seen = tool not in ("edit", "execute", "think") and _looks_like_a_path(value)
        if named or seen or value.startswith("file://"):
            found.append(value)
        elif tool != "execute":
            patched = [path.strip() for path in _PATCHED.findall(value)]
            if value.lstrip().startswith("diff --git a/"):
                # Git's form of a file named elsewhere in full: Copilot writes a/home/x for /home/x, and a/dev/null for none.
                patched = [path for path in patched if path != "dev/null" and f"/{path}" not in _values(raw)]
            found += (path for path in patched if path != "/dev/null")
    return found


def _values(raw: Raw) -> list[object]:
    return [value for value in raw.values() if isinstance(value, str)]


def _looks_like_a_path(value: str) -> bool:
    return len(value) <= 4096 and "\n" not in value and value.startswith(("/", "./", "../", "~/"))


def _place(path: str, workspace: Path, home: Path) -> str:
    """Where a path leads: relative to the workspace, or absolute."""
    path = path.replace("\0", "\ufffd")
    if path.startswith("file://"):
        path = unquote(urlsplit(path).path) if "[" not in path else path.removeprefix("file://")
    if path == "~" or path.startswith("~/"):
        path = str(home) + path[1:]
    root = os.path.realpath(workspace)
    real = os.path.realpath(os.path.join(root, path))
    return os.path.relpath(real, root) if Path(real).is_relative_to(root) else real


# ── machines ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _hosts(tool: str, command: str, raw: Raw) -> tuple[str, ...]:
    if command:
        found = [*_named_in(command), *_REMOTE.findall(command), *_spoken_to(command)]
    elif tool in ("fetch", "other"):
        found = [host for key, value in _walk(raw) for host in (*_named_in(value), *_bare(key, value))]
    else:
        # A file that is written may mention any machine.
        found = [
            host for key, value in _walk(raw) if key in _URL_KEYS for host in (*_named_in(value), *_bare(key, value))
        ]
    return tuple(dict.fromkeys(filter(None, map(_plain_host, found))))[:MOST_PARTS]


def _named_in(text: str) -> Iterator[str]:
    for file, rest in _AUTHORITY.findall(text):
        if not file:
            # Programs do not agree on whether a backslash ends the machine's name; so both readings count.
            authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
            for reading in {authority, authority.split("\\")[0], authority.rpartition("\\")[2]}:
                yield _host_of(reading)


def _host_of(authority: str) -> str:
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return authority


def _bare(key: str, value: str) -> list[str]:
    if key in (*_URL_KEYS, "host", "hostname", "domain", "server") and (match := _BARE_HOST.fullmatch(value.strip())):
        return [match[1]]
    return []


def _spoken_to(line: str) -> Iterator[str]:
    """The machines that programs for the network are called with, without a scheme."""
    for command in simple_commands(line) or ():
        program, *arguments = _unquoted(command)
        if os.path.basename(program) in _HOST_COMMANDS:
            for argument in arguments:
                if match := _BARE_HOST.fullmatch(argument):
                    yield match[1]


def _unquoted(command: str) -> Sequence[str]:
    try:
        return shlex.split(command) or [""]
    except ValueError:
        return command.split() or [""]


def _plain_host(host: str) -> str:
    return unicodedata.normalize("NFKC", host).lower().rstrip(".")
