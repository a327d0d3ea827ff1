"""The audit chain in the words of the Open Cybersecurity Schema Framework 1.3, for programs that gather events of many kinds. Pure.

Above: the routes of export. Below: the rows. Signing in and out is an Authentication (3002), what changes people's accounts and roles an Account
Change (3001), all else an API Activity (6003).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Literal

from coderclawlink.journal.chain import Row

SCHEMA = "1.3.0"
PRODUCT = "coderClawLink"

_Class = Literal[3001, 3002, 6003]
_CLASSES: Mapping[_Class, tuple[str, str]] = {
    3001: ("Account Change", "Identity & Access Management"),
    3002: ("Authentication", "Identity & Access Management"),
    6003: ("API Activity", "Application Activity"),
}
_ACTIVITIES: Mapping[str, tuple[_Class, int, str]] = {
    "session.signed_in": (3002, 1, "Logon"),
    "session.created": (3002, 1, "Logon"),
    "session.refused": (3002, 1, "Logon"),
    "session.deleted": (3002, 2, "Logoff"),
    "session.ended_all": (3002, 2, "Logoff"),
    "user.created": (3001, 1, "Create"),
    "user.deleted": (3001, 6, "Delete"),
    "permission.granted": (3001, 7, "Attach Policy"),
    "permission.revoked": (3001, 8, "Detach Policy"),
}
_CLASS_OF: Mapping[str, _Class] = {"session": 3002, "user": 3001, "credential": 3001}
_VERBS: Mapping[str, tuple[int, str]] = {
    "read": (2, "Read"),
    **dict.fromkeys(("created", "added", "submitted", "opened", "made", "saved", "asked", "invited"), (1, "Create")),
    **dict.fromkeys(("changed", "set", "configured", "labelled", "linked", "reviewed", "restored"), (3, "Update")),
    **dict.fromkeys(("deleted", "removed", "discarded", "withdrawn"), (4, "Delete")),
}


def as_ocsf(row: Row) -> dict[str, object]:
    """The event; what OCSF has no place for is in `unmapped`."""
    action = row.action or row.event_type
    class_uid, activity, activity_name = _activity(action)
    class_name, category = _CLASSES[class_uid]
    details = json.loads(row.details)
    succeeded = row.status == "success"
    told: dict[str, object] = {
        "activity_id": activity,
        "activity_name": activity_name,
        "category_name": category,
        "category_uid": class_uid // 1000,
        "class_name": class_name,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity,
        "type_name": f"{class_name}: {activity_name}",
        "time": int(row.at * 1000),
        "severity_id": 1 if succeeded else 3,
        "severity": "Informational" if succeeded else "Medium",
        "status_id": 1 if succeeded else 2,
        "status": "Success" if succeeded else "Failure",
        "status_code": row.status,
        "message": action,
        "metadata": {
            "version": SCHEMA,
            "uid": row.event_id,
            "sequence": row.seq,
            "log_name": "audit",
            "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": version("coderclawlink")},
        },
        "unmapped": {"details": details, "hash": row.hash, "previous": row.previous, "project_id": row.project_id},
    }
    endpoint = {"uid": row.device_id} if row.device_id else {"name": "unknown"}
    match class_uid:
        case 3002:
            told |= {"user": _user(details.get("user") or row.user_id, row.actor), "service": {"name": PRODUCT}}
            if row.session_id:
                told["session"] = {"uid": row.session_id}
        case 3001:
            told |= {"user": _user(details.get("user") or row.resource_id, None), "actor": _actor(row)}
        case 6003:
            told |= {"api": {"operation": action}, "actor": _actor(row), "src_endpoint": endpoint}
            if row.resource_id:
                told["resources"] = [{"type": row.resource_type or "", "uid": row.resource_id}]
    return told


def _activity(action: str) -> tuple[_Class, int, str]:
    if action in _ACTIVITIES:
        return _ACTIVITIES[action]
    noun, _, verb = action.partition(".")
    if noun in _CLASS_OF:
        return _CLASS_OF[noun], 99, verb or action
    return 6003, *_VERBS.get(verb or action, (99, verb or action))


def _user(uid: object, name: str | None) -> dict[str, str]:
    found = {"uid": str(uid)} if uid else {}
    return found | {"name": name or str(uid or "unknown")}


def _actor(row: Row) -> dict[str, object]:
    found: dict[str, object] = {}
    if row.user_id or row.actor:
        found["user"] = _user(row.user_id, row.actor)
    if row.session_id:
        found["session"] = {"uid": row.session_id}
    return found or {"app_name": PRODUCT}
