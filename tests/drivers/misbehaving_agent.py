"""An agent that speaks ACP and misbehaves on request: the fixture that the driver is tried on.

It uses nothing but the standard library, speaks JSON-RPC by hand, and so can also speak it wrongly. Words on the command
line say what it does wrong when it starts; lines of the prompt, `verb rest`, say what it does in a turn. It is a program:
nothing imports it.
"""

import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
from typing import Any

START = set(sys.argv[1:])
OUT = threading.Lock()
answers: "queue.Queue[dict[str, Any]]" = queue.Queue()
cancelled = threading.Event()
MEMORY = pathlib.Path(os.environ["HOME"], "memory")
session: "dict[str, Any]" = {"id": "session-1", "cwd": "."}


def put(line: str) -> None:
    with OUT:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def send(message: dict[str, Any]) -> None:
    put(json.dumps({"jsonrpc": "2.0", **message}))


def update(kind: str, /, **fields: object) -> None:
    params = {"sessionId": session["id"], "update": {"sessionUpdate": kind, **fields}}
    send({"method": "session/update", "params": params})


def say(text: str, kind: str = "agent_message_chunk") -> None:
    update(kind, content={"type": "text", "text": text})


def ask_client(id: object, method: str, **params: object) -> dict[str, Any]:
    send({"id": id, "method": method, "params": {"sessionId": session["id"], **params}})
    return answers.get()


OPTIONS = [
    {"optionId": "proceed", "name": "Yes", "kind": "allow_once"},
    {"optionId": "proceed_always", "name": "Always", "kind": "allow_always"},
    {"optionId": "nope", "name": "No", "kind": "reject_once"},
]


MODES = [{"id": "careful", "name": "Careful"}, {"id": "bold", "name": "Bold"}]


def permission(id: object, title: str | None, call: dict[str, Any], options: list[dict[str, str]] = OPTIONS) -> str:
    answer = ask_client(id, "session/request_permission", toolCall={"title": title, **call}, options=options)
    outcome = answer["result"]["outcome"]
    return str(outcome.get("optionId", outcome["outcome"]))


class Stop(Exception):
    """The turn ends here, with this reason."""


class Fail(Exception):
    """The turn ends with this JSON-RPC error."""


def play(verb: str, rest: str) -> None:
    if verb == "say":
        say(rest)
    elif verb == "think":
        say(rest, "agent_thought_chunk")
    elif verb == "title":
        update("session_info_update", title=rest)
    elif verb == "plan":
        update("plan", entries=[{"content": item, "priority": "low", "status": "pending"} for item in rest.split(";")])
    elif verb == "write":
        name, _, text = rest.partition(" ")
        path = pathlib.Path(session["cwd"], name)
        update("tool_call", toolCallId=f"write-{name}", title=f"Write {name}", kind="edit", status="in_progress")
        path.write_text(text)
        diff = {"type": "diff", "path": str(path), "oldText": None, "newText": text}
        update("tool_call_update", toolCallId=f"write-{name}", status="completed", content=[diff])
    elif verb == "ask":
        say(
            "chose:" + permission(f"ask-{rest}", rest, {"toolCallId": "asked", "rawInput": {"command": "rm -rf build"}})
        )
    elif verb == "ask-to-write":
        call = {"toolCallId": "writing", "kind": "edit", "rawInput": {"file_path": rest.split()[0]}}
        if permission("w", f"Write {rest.split()[0]}", call).startswith("proceed"):
            play("write", rest)
    elif verb == "ask-untitled":
        update("tool_call", toolCallId="joined", title="Known title", kind="execute", status="pending")
        say("chose:" + permission(0, None, {"toolCallId": "joined"}))
    elif verb == "ask-nothing":
        say("chose:" + permission(0, "No options", {"toolCallId": "none"}, []))
    elif verb == "ask-and-end":
        params = {
            "sessionId": session["id"],
            "toolCall": {"toolCallId": "late", "title": "Too late"},
            "options": OPTIONS,
        }
        send({"id": "late", "method": "session/request_permission", "params": params})
    elif verb == "only-update":
        update("tool_call_update", toolCallId=rest, title="Never announced", status="completed")
    elif verb == "leave-open":
        update("tool_call", toolCallId=rest, title="Never closed", kind="execute", status="in_progress")
    elif verb == "unknown":
        update("telepathy", content={"type": "text", "text": rest})
        send({"method": "session/astonish", "params": {}})
    elif verb == "noise":
        for line in ("42", '"a string"', "null", "[1, 2]", "not json {", "", '{"id": [1], "result": 1}'):
            put(line)
        put('{"jsonrpc": "2.0", "id": 999, "error": "not an object"}')
        put('{"jsonrpc": "2.0", "method": 7}')
    elif verb == "flood":
        for number in range(int(rest)):
            say(f"{number} ")
    elif verb == "big":
        say("x" * int(rest))
    elif verb == "complain":
        for _ in range(int(rest) // 100):
            sys.stderr.write("w" * 99 + "\n")
        sys.stderr.flush()
    elif verb == "stop":
        raise Stop(rest)
    elif verb == "fail":
        raise Fail(rest)
    elif verb == "die":
        sys.stderr.write("the last words\n")
        sys.stderr.flush()
        os._exit(int(rest))
    elif verb == "die-with-heir":
        subprocess.Popen(["sleep", "600"])  # keeps our pipes open
        os._exit(int(rest))
    elif verb == "child":
        child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
        say(f"child:{child.pid};")
    elif verb == "pid":
        say(f"pid:{os.getpid()};")
    elif verb == "wait-cancel":
        say("waiting")
        cancelled.wait()
        raise Stop(rest or "cancelled")
    elif verb == "wait-cancel-and-fail":
        say("waiting")
        cancelled.wait()
        raise Fail("-32603 aborted")
    elif verb == "ask-then-wait-cancel":
        # Hangs for ever unless its question is answered, as several agents do.
        say("chose:" + permission("p", "Stuck", {"toolCallId": "stuck"}))
        cancelled.wait()
        raise Stop("cancelled")
    elif verb == "hang":
        say("hanging")
        START.add("ignore-eof")
        threading.Event().wait()
    elif verb == "deaf":
        say("deaf")
        START.add("deaf")
        threading.Event().wait()
    elif verb == "fs-read":
        answer = ask_client("r", "fs/read_text_file", path=os.path.join(session["cwd"], rest))
        say("read:" + json.dumps(answer.get("result", answer.get("error"))))
    elif verb == "fs-write":
        name, _, text = rest.partition(" ")
        answer = ask_client("w", "fs/write_text_file", path=os.path.join(session["cwd"], name), content=text)
        say("wrote:" + json.dumps(answer.get("result", answer.get("error"))))
    elif verb == "terminal":
        answer = ask_client("t", "terminal/create", command="ls")
        say("terminal:" + str(answer["error"]["code"]))
    elif verb == "environment":
        say("environment:" + json.dumps(dict(os.environ)))
    elif verb == "recall":
        say("recalled:" + MEMORY.read_text() if MEMORY.exists() else "nothing")
    elif verb == "ask-call":
        call = json.loads(rest)
        update("tool_call", toolCallId="c", **call)
        say("chose:" + permission("c", "A call", {"toolCallId": "c", **call}) + ";")
    elif verb == "quiet":
        threading.Event().wait(float(rest))
    elif verb == "mode":
        say("mode:" + session.get("mode", "none"))
    elif verb == "servers":
        say("servers:" + json.dumps(session["servers"]))


def turn(id: object, prompt: str) -> None:
    reply_id = id
    try:
        if START & {"load", "resume"}:
            with MEMORY.open("a") as memory:
                memory.write(prompt + "\n")
        for line in prompt.splitlines():
            verb, _, rest = line.partition(" ")
            if verb == "answer-with-string-id":
                reply_id = str(id)
            play(verb, rest)
    except (TypeError, KeyError, ValueError, OSError) as mistake:
        sys.stderr.write(f"a mistake in the fixture: {mistake!r}\n")
        sys.stderr.flush()
        os._exit(99)
    except Stop as stop:
        send({"id": reply_id, "result": {"stopReason": str(stop)}})
    except Fail as fail:
        code, _, message = str(fail).partition(" ")
        send({"id": reply_id, "error": {"code": int(code), "message": message, "data": {"details": "because"}}})
    else:
        send({"id": reply_id, "result": {"stopReason": "end_turn"}})


def serve(message: dict[str, Any]) -> None:
    method, id, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method is None:
        answers.put(message)
    elif method == "initialize":
        if "silent" in START:
            return
        if "die" in START:
            sys.stderr.write("cannot find my configuration\n")
            sys.stderr.flush()
            os._exit(3)
        if "chatty" in START:
            play("complain", "3000000")
        if "noisy" in START:
            play("noise", "")
        info = {"name": "misbehaving", "version": "1.2.3"}
        version = 2 if "version-2" in START else 1
        methods = [{"id": "login", "name": "Log in", "description": "Run `misbehaving login`"}]
        can = {"loadSession": "load" in START, "mcpCapabilities": {"http": True}}
        if "resume" in START:
            can["sessionCapabilities"] = {"resume": {}}
        send(
            {
                "id": id,
                "result": {
                    "protocolVersion": version,
                    "agentInfo": info,
                    "authMethods": methods,
                    "agentCapabilities": can,
                },
            }
        )
    elif method in ("session/load", "session/resume"):
        session["cwd"], session["id"] = params["cwd"], params["sessionId"]
        if "load-dies" in START:
            sys.stderr.write("my memory fails me\n")
            sys.stderr.flush()
            os._exit(4)
        if "load-hangs" in START:
            return
        if "load-refuses" in START or not MEMORY.exists():
            session["id"] = "session-1"
            send({"id": id, "error": {"code": -32002, "message": "No such session"}})
            return
        if method == "session/load":
            update("user_message_chunk", content={"type": "text", "text": "what you asked"})
            say("what I said long ago")
            play("only-update", "old-call")
            play("leave-open", "old-open-call")
        send({"id": id, "result": {"modes": {"currentModeId": "careful", "availableModes": MODES}}})
        if "load-lags" in START:
            say("and this, too, I said long ago")
    elif method == "session/new":
        if "sign-in" in START:
            send({"id": id, "error": {"code": -32000, "message": "Authentication required"}})
            return
        if "no-session" in START:
            return
        session["cwd"], session["servers"] = params["cwd"], params["mcpServers"]
        result: dict[str, Any] = {
            "sessionId": session["id"],
            "modes": {"currentModeId": "careful", "availableModes": MODES},
        }
        if "options" in START:
            choices = [{"value": "careful", "name": "Careful"}, {"value": "bold", "name": "Bold"}]
            option = {"id": "m", "name": "Mode", "category": "mode", "type": "select", "currentValue": "careful"}
            result["configOptions"] = [{**option, "options": choices}]
        send({"id": id, "result": result})
    elif method == "session/set_mode":
        session["mode"] = params["modeId"]
        send({"id": id, "result": {}})
    elif method == "session/set_config_option":
        session["mode"] = "option:" + params["value"]
        send({"id": id, "result": {"configOptions": []}})
    elif method == "session/prompt":
        cancelled.clear()
        prompt = "".join(block["text"] for block in params["prompt"])
        threading.Thread(target=turn, args=(id, prompt), daemon=True).start()
    elif method == "session/cancel":
        cancelled.set()
    else:
        send({"id": id, "error": {"code": -32601, "message": "Method not found"}})


for line in sys.stdin:
    serve(json.loads(line))
    while "deaf" in START:
        threading.Event().wait()
while "ignore-eof" in START:
    threading.Event().wait()
os._exit(0)
