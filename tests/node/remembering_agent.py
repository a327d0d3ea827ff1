"""An agent that speaks ACP and remembers its conversations in its HOME: the fixture for attempts that go on.

Lines of a prompt, `verb rest`, say what it does; others it only remembers. It is a program: nothing imports it.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from typing import Any

MEMORY = pathlib.Path(os.environ["HOME"], "memory.json")
OUT = threading.Lock()
cancelled = threading.Event()
session: "dict[str, Any]" = {"id": "", "cwd": ".", "calls": 0}


def send(message: "dict[str, Any]") -> None:
    with OUT:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def update(kind: str, /, **fields: object) -> None:
    params = {"sessionId": session["id"], "update": {"sessionUpdate": kind, **fields}}
    send({"method": "session/update", "params": params})


def say(text: str) -> None:
    update("agent_message_chunk", content={"type": "text", "text": text})


def remembered() -> "dict[str, list[str]]":
    known: dict[str, list[str]] = json.loads(MEMORY.read_text()) if MEMORY.exists() else {}
    return known


def ask_model() -> int:
    """One call of the model, over the proxy. Returns the HTTP status."""
    body = {
        "model": "scripted",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": os.environ.get("MODEL_PROMPT", "hello")}],
        "tools": [{"name": "write", "description": "", "input_schema": {"type": "object", "properties": {}}}],
    }
    request = urllib.request.Request(
        os.environ["MODEL_URL"] + "/v1/messages",
        json.dumps(body).encode(),
        {"content-type": "application/json", "x-api-key": "none", "anthropic-version": "2023-06-01"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.read()
        return refused.code


def play(verb: str, rest: str) -> None:
    if verb == "say":
        say(rest)
    elif verb == "recall":
        say(json.dumps(remembered()[session["id"]]))
    elif verb == "write":
        name, _, text = rest.partition(" ")
        pathlib.Path(session["cwd"], name).write_text(text + "\n")
    elif verb == "run":
        subprocess.run(["/bin/sh", "-c", rest], cwd=session["cwd"], check=False, stdin=subprocess.DEVNULL)
    elif verb == "same-call":
        for _ in range(int(rest)):
            session["calls"] += 1
            update("tool_call", toolCallId=f"c{session['calls']}", title="Look", kind="read", rawInput={"path": "x"})
            update("tool_call_update", toolCallId=f"c{session['calls']}", status="completed")
    elif verb == "ask-model":
        say(",".join(str(ask_model()) for _ in range(int(rest or "1"))))
    elif verb == "insist":
        while not cancelled.wait(0.05):
            ask_model()
    elif verb == "wait":
        say("waiting")
        cancelled.wait()
    elif verb == "deaf":
        say("deaf")
        threading.Event().wait()


def turn(id: object, prompt: str) -> None:
    known = remembered()
    known.setdefault(session["id"], []).append(prompt)
    MEMORY.write_text(json.dumps(known))
    for line in prompt.splitlines():
        verb, _, rest = line.partition(" ")
        play(verb, rest)
    send({"id": id, "result": {"stopReason": "cancelled" if cancelled.is_set() else "end_turn"}})


def serve(message: "dict[str, Any]") -> None:
    method, id, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method == "initialize":
        info = {"name": "remembering", "version": "1"}
        can = {"loadSession": True}
        send({"id": id, "result": {"protocolVersion": 1, "agentInfo": info, "agentCapabilities": can}})
    elif method == "session/new":
        session["id"], session["cwd"] = f"session-{os.urandom(4).hex()}", params["cwd"]
        send({"id": id, "result": {"sessionId": session["id"]}})
    elif method == "session/load":
        if params["sessionId"] not in remembered():
            send({"id": id, "error": {"code": -32602, "message": "Unknown session"}})
            return
        session["id"], session["cwd"] = params["sessionId"], params["cwd"]
        send({"id": id, "result": {}})
    elif method == "session/prompt":
        cancelled.clear()
        prompt = "".join(block["text"] for block in params["prompt"])
        threading.Thread(target=turn, args=(id, prompt), daemon=True).start()
    elif method == "session/cancel":
        cancelled.set()
    elif method is not None:
        send({"id": id, "error": {"code": -32601, "message": "Method not found"}})


for line in sys.stdin:
    serve(json.loads(line))
os._exit(0)
