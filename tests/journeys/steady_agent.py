"""An agent that works in small steps, as an ACP program of the standard library alone: it starts in some 30 ms.

Each step appends a line "<k> <word>" to progress.txt, with a word of its own, and says so afterwards; it goes on from what it
finds there. A prompt `steps=40 pause=0.05` sets the pace; `clock` makes the words the time of day; `ask` asks for leave before the first step; `fail` ends with an
error. What it has said was in the file before: that is how a test knows whether bytes were lost.
"""

import json
import os
import re
import secrets
import sys
import threading
import time

cancelled = threading.Event()
answers: dict[int, threading.Event] = {}
lock = threading.Lock()


def send(message: dict[str, object]) -> None:
    with lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def say(session: str, text: str) -> None:
    update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}
    send({"method": "session/update", "params": {"sessionId": session, "update": update}})


def call(session: str, k: int) -> None:
    update = {
        "sessionUpdate": "tool_call", "toolCallId": f"step-{k}", "title": f"step {k}", "kind": "edit",
        "status": "completed",
    }  # fmt: skip
    send({"method": "session/update", "params": {"sessionId": session, "update": update}})


def work(request: int, session: str, prompt: str) -> None:
    # What was said before stands before it, and it may be quoted by others, whose words are none of ours.
    prompt = next((line for line in reversed(prompt.splitlines()) if "steps=" in line), prompt)
    steps = int((re.search(r"steps=(\d+)", prompt) or [0, 10])[1])
    pause = float((re.search(r"pause=([\d.]+)", prompt) or [0, 0.05])[1])
    if "ask" in prompt.split():
        answers[7] = threading.Event()
        send(
            {
                "id": 7,
                "method": "session/request_permission",
                "params": {
                    "sessionId": session,
                    "toolCall": {"toolCallId": "t1", "title": "Begin the work", "kind": "execute"},
                    "options": [
                        {"optionId": "yes", "name": "Allow", "kind": "allow_once"},
                        {"optionId": "no", "name": "Reject", "kind": "reject_once"},
                    ],
                },
            }
        )
        answers[7].wait()
    done = 0
    if os.path.exists("progress.txt"):
        with open("progress.txt", encoding="utf-8") as file:
            done = len(file.read().splitlines())
    for k in range(done + 1, steps + 1):
        if cancelled.wait(pause):
            send({"id": request, "result": {"stopReason": "cancelled"}})
            return
        word = f"{time.time():.6f}" if "clock" in prompt.split() else secrets.token_hex(8)
        with open("progress.txt", "a", encoding="utf-8") as file:
            file.write(f"{k} {word}\n")
        say(session, f"{k} {word}")
        call(session, k)  # ends the message, so that it is told as a whole
    if "fail" in prompt.split():
        send({"id": request, "error": {"code": -32603, "message": "The model said no."}})
        return
    say(session, f"All {steps} steps are done.")
    send({"id": request, "result": {"stopReason": "end_turn"}})


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        match message.get("method"):
            case "initialize":
                result = {"protocolVersion": 1, "agentInfo": {"name": "steady", "version": "1"}}
                send({"id": message["id"], "result": result})
            case "session/new":
                send({"id": message["id"], "result": {"sessionId": "s1"}})
            case "session/prompt":
                prompt = "".join(block.get("text", "") for block in message["params"]["prompt"])
                threading.Thread(
                    target=work, args=(message["id"], message["params"]["sessionId"], prompt), daemon=True
                ).start()
            case "session/cancel":
                cancelled.set()
                for answer in answers.values():
                    answer.set()
            case None if message.get("id") in answers:
                answers[message["id"]].set()
            case _:
                if "id" in message:
                    send({"id": message["id"], "error": {"code": -32601, "message": "no such method"}})


if __name__ == "__main__":
    main()
