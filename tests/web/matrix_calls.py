"""How each route is called in the matrix, and what it is about. A route that does not stand here fails the matrix by its name.

Above: `test_matrix`, which calls them. Beside: `matrix_rules`, which says who may. Names in braces, in paths as in texts of bodies and queries, are
filled from `matrix_world`. Bodies are good ones: what is wrong with a request must never hide who sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.web.matrix_rules import About
from tests.web.matrix_world import PASSWORD, Named

NONE, PROJECT, RUN, AUTHOR, AUTHOR_OR_ADMIN, OWN = (
    About.NOTHING,
    About.PROJECT,
    About.RUN,
    About.AUTHORS,
    About.AUTHORS_OR_ADMINS,
    About.OWN,
)
GOOD = frozenset({200, 201, 204})
UNREACHED = frozenset({502, 503})
"""The code host does not answer: it was asked."""
STANDS_OTHERWISE = frozenset({409})
"""What it is about is not in the state for that: it was looked at."""


@dataclass(frozen=True, slots=True)
class Call:
    """`about`: what decides beside the permission. `done`: the answers of one that is let through. `names`: what is filled otherwise than
    by `matrix_world`. `raw`: a body that is no JSON. `lists`: what is there of the projects stands in the answer. `also`: a
    further permission, which is asked for at last."""

    about: About = NONE
    body: object = None
    query: str = ""
    done: frozenset[int] = GOOD
    names: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    lists: bool = False
    also: str = ""

    @property
    def names_in_query(self) -> bool:
        return "{project_id}" in self.query

    def fill(self, path: str, named: Named) -> tuple[str, str, object]:
        """The path, the query and the body."""
        known = {**named, **{name: named.get(value, value) for name, value in self.names.items()}}
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        return path, _filled(self.query, known), _filled_body(self.body, known)


def _filled(text: str, named: Named) -> str:
    for name, value in named.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _filled_body(body: object, named: Named) -> object:
    """A text that is one name becomes the value, a number where it is one."""
    if isinstance(body, str):
        whole = body[1:-1] if body.startswith("{") and body.endswith("}") else ""
        return named[whole] if whole in named else _filled(body, named)
    if isinstance(body, dict):
        return {key: _filled_body(value, named) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled_body(value, named) for value in body]
    return body


DONE_RUN = {"run_id": "done"}
MODULE = {"modules": {"a.rego": "package clawlink\n\nallow := true\n"}}
OPTIONS = {"agent": "claude", "prompt": "Do it"}
JIRA = b"Summary,Issue key,Issue id,Status\nMend it,X-1,1,To Do\n"
CREDENTIAL = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}
NOT_PROVEN = frozenset({401, 409, 422})


def _also_of_a_project(
    body: object = None, done: frozenset[int] = GOOD, names: Mapping[str, str] | None = None
) -> tuple[Call, ...]:
    """Of the installation, and of a project, which is named in the query."""
    return (
        Call(About.INSTALLATION, body, done=done, names=names or {}),
        Call(PROJECT, body, "project_id={project_id}", done=done, names=names or {}),
    )


CALLS: dict[str, Call | tuple[Call, ...]] = {
    "GET /api/me": Call(),
    # ── projects ──
    "GET /api/projects": Call(lists=True),
    "POST /api/projects": Call(About.INSTALLATION, {"name": "New", "key": "NEW"}),
    "GET /api/projects/summary": Call(),
    "GET /api/projects/{project_id}": Call(PROJECT),
    "PATCH /api/projects/{project_id}": Call(PROJECT, {"description": "Other"}),
    "DELETE /api/projects/{project_id}": Call(PROJECT),
    "GET /api/projects/{project_id}/labels": Call(PROJECT),
    "POST /api/projects/{project_id}/labels": Call(PROJECT, {"name": "new"}),
    "PATCH /api/labels/{label_id}": Call(PROJECT, {"name": "other"}),
    "DELETE /api/labels/{label_id}": Call(PROJECT),
    "GET /api/projects/{project_id}/verification": Call(PROJECT),
    "PUT /api/projects/{project_id}/verification": Call(PROJECT, {"rounds": 1}),
    "DELETE /api/projects/{project_id}/verification": Call(PROJECT),
    "GET /api/projects/{project_id}/repositories": Call(PROJECT),
    "PUT /api/projects/{project_id}/repositories/{name}": Call(
        PROJECT, {"url": "https://github.com/ada/new"}, names={"name": "new"}
    ),
    "DELETE /api/projects/{project_id}/repositories/{name}": Call(PROJECT, names={"name": "side"}),
    "POST /api/projects/{project_id}/import/jira": Call(PROJECT, raw=JIRA),
    "POST /api/projects/{project_id}/import/vibe-kanban": Call(PROJECT, raw=b"{}", done=frozenset({422})),
    "POST /api/projects/{project_id}/issues/import": Call(PROJECT, {"state": "open"}, done=STANDS_OTHERWISE),
    "GET /api/projects/{project_id}/issues/sync": Call(PROJECT),
    "PUT /api/projects/{project_id}/issues/sync": Call(PROJECT, {"on": False}),
    "GET /api/projects/{project_id}/connection": Call(PROJECT),
    "PUT /api/projects/{project_id}/connection": Call(PROJECT, {"token": "t"}),
    "POST /api/projects/{project_id}/connection/check": Call(PROJECT),
    "PUT /api/projects/{project_id}/connection/answers": Call(PROJECT, {}),
    "DELETE /api/projects/{project_id}/connection": Call(PROJECT),
    "GET /api/projects/{project_id}/chat": Call(PROJECT),
    "POST /api/projects/{project_id}/chat": Call(PROJECT, {"text": "And?", "agent": "claude"}),
    # ── tasks ──
    "GET /api/tasks": Call(lists=True),
    "POST /api/tasks": Call(PROJECT, {"project_id": "{project_id}", "title": "New"}),
    "POST /api/tasks/execute": Call(
        PROJECT, {"task_id": "{task_id}", "agent_type": "claude", "prompt": "Do it"}, done=frozenset({503})
    ),
    "GET /api/tasks/{task_id}": Call(PROJECT),
    "GET /api/tasks/{task_id}/external": Call(PROJECT),
    "PATCH /api/tasks/{task_id}": Call(PROJECT, {"title": "Other"}),
    "DELETE /api/tasks/{task_id}": Call(PROJECT),
    "GET /api/tasks/{task_id}/executions": Call(PROJECT),
    "GET /api/board": Call(lists=True),
    "POST /api/tasks/{task_id}/move": Call(PROJECT, {"status": "done"}),
    "POST /api/tasks/bulk": Call(PROJECT, {"ids": ["{task_id}", "{other_task}"], "changes": {"title": "Other"}}),
    "POST /api/undo/{token}": Call(About.UNDO),
    "GET /api/tasks/{task_id}/links": Call(PROJECT),
    "POST /api/tasks/{task_id}/links": Call(PROJECT, {"link": "relates", "other": "{other_task}"}),
    "DELETE /api/tasks/{task_id}/links/{link}/{other}": Call(
        PROJECT, names={"link": "relates", "other": "other_task"}, done=GOOD | {404}
    ),
    "GET /api/search": Call(query="q=Task", lists=True),
    "POST /api/search/reindex": Call(),
    "GET /api/tasks/{task_id}/comments": Call(PROJECT),
    "POST /api/tasks/{task_id}/comments": Call(PROJECT, {"text": "A word"}),
    "PATCH /api/comments/{comment_id}": Call(AUTHOR, {"text": "Another word"}),
    "DELETE /api/comments/{comment_id}": Call(AUTHOR_OR_ADMIN),
    "GET /api/tasks/{task_id}/activity": Call(PROJECT),
    "GET /api/tasks/{task_id}/labels": Call(PROJECT),
    "PATCH /api/tasks/{task_id}/labels": Call(PROJECT, {"add": ["new"]}),
    "GET /api/tasks/{task_id}/attachments": Call(PROJECT),
    "PUT /api/tasks/{task_id}/attachments": Call(PROJECT, query="name=new.txt", raw=b"Notes"),
    "GET /api/attachments/{attachment_id}": Call(About.SEEN),
    "DELETE /api/attachments/{attachment_id}": Call(AUTHOR_OR_ADMIN),
    "GET /api/tasks/{task_id}/repositories": Call(PROJECT),
    "PUT /api/tasks/{task_id}/repositories": Call(PROJECT, {"names": ["side"]}),
    "POST /api/tasks/{task_id}/create_pr": Call(
        PROJECT, names={"task_id": "other_task"}, done=GOOD | STANDS_OTHERWISE | {400}
    ),
    "GET /api/tasks/{task_id}/pull_requests": Call(PROJECT, names={"task_id": "proposed_task"}),
    "POST /api/tasks/{task_id}/pull_requests/{number}/merge": Call(
        PROJECT, names={"task_id": "proposed_task", "number": "7"}, done=STANDS_OTHERWISE | UNREACHED
    ),
    "POST /api/tasks/{task_id}/pull_requests/{number}/ready": Call(
        PROJECT, names={"task_id": "proposed_task", "number": "7"}, done=STANDS_OTHERWISE | UNREACHED
    ),
    "POST /api/tasks/{task_id}/pull_requests/{number}/refresh": Call(
        PROJECT, names={"task_id": "proposed_task", "number": "7"}, done=GOOD | STANDS_OTHERWISE | UNREACHED
    ),
    "POST /api/tasks/{task_id}/pull_requests/{number}/answer": Call(
        PROJECT, names={"task_id": "proposed_task", "number": "7"}, done=STANDS_OTHERWISE | UNREACHED
    ),
    "POST /api/tasks/{task_id}/comparisons": Call(
        PROJECT, {"prompt": "Both", "contenders": [{"agent": "claude"}, {"agent": "parrot"}]}
    ),
    "GET /api/tasks/{task_id}/comparisons": Call(PROJECT),
    "GET /api/comparisons/{comparison_id}": Call(About.COMPARISON),
    "POST /api/comparisons/{comparison_id}/keep": Call(About.COMPARISON, {"run_id": "{left}"}),
    "GET /api/comparisons/{comparison_id}/diff": Call(About.COMPARISON, query="left={left}&right={right}"),
    # ── views ──
    "GET /api/views": Call(),
    "POST /api/views": Call(body={"name": "New", "filters": {}}),
    "PATCH /api/views/{view_id}": Call(OWN, {"name": "Other"}),
    "DELETE /api/views/{view_id}": Call(OWN),
    # ── agents ──
    "GET /api/agents/available": Call(),
    "GET /api/agents/types": Call(),
    "GET /api/agents/{name}": Call(names={"name": "claude"}),
    "GET /api/agents/{name}/configuration": Call(PROJECT, query="project_id={project_id}", names={"name": "claude"}),
    "PUT /api/agents/{name}/configuration": Call(
        PROJECT, {"configuration": {"model": "m"}}, "project_id={project_id}", names={"name": "claude"}
    ),
    "DELETE /api/agents/{name}/configuration": Call(PROJECT, query="project_id={project_id}", names={"name": "claude"}),
    "GET /api/agents/{name}/configuration/versions": Call(
        PROJECT, query="project_id={project_id}", names={"name": "claude"}
    ),
    "POST /api/agents/{name}/configuration/restore": Call(
        PROJECT, {"version": 1}, "project_id={project_id}", names={"name": "claude"}, done=GOOD | {404}
    ),
    "GET /api/agents/{name}/rules": Call(PROJECT, query="project_id={project_id}", names={"name": "claude"}),
    "POST /api/agents/{name}/rules/try": Call(
        PROJECT,
        {"act": {"tool": "execute", "command": "ls"}, "project_id": "{project_id}"},
        names={"name": "claude"},
    ),
    "GET /api/agents/{name}/learnt": Call(names={"name": "claude"}),
    "DELETE /api/agents/{name}/rules/{learnt_id}": Call(RUN, names={"name": "claude"}),
    "GET /api/nodes": Call(),
    # ── the runtime contract ──
    "POST /api/runtime/sessions": Call(About.ONESELF, {"user_id": "{me}"}),
    "GET /api/runtime/sessions/{session_id}": Call(names={"session_id": "spare_session"}),
    "DELETE /api/runtime/sessions/{session_id}": Call(names={"session_id": "spare_session"}),
    "POST /api/runtime/tasks/submit": Call(
        PROJECT, {"agent_type": "claude", "prompt": "Do it", "task_id": "{task_id}"}
    ),
    "GET /api/runtime/tasks/{task_id}/state": Call(RUN, names={"task_id": "run_id"}),
    "POST /api/runtime/tasks/{task_id}/cancel": Call(About.CANCEL, {}, names={"task_id": "run_id"}),
    "GET /api/runtime/tasks/{task_id}/stream": Call(RUN, names={"task_id": "done"}),
    "GET /api/runtime/agents": Call(),
    "GET /api/runtime/skills": Call(),
    # ── runs ──
    "GET /api/runs": Call(),
    "POST /api/runs": (
        Call(PROJECT, {**OPTIONS, "project_id": "{project_id}"}),
        Call(PROJECT, {**OPTIONS, "task_id": "{task_id}"}),
        Call(About.INSTALLATION, OPTIONS),
    ),
    "GET /api/runs/{run_id}": Call(RUN),
    "POST /api/runs/{run_id}/cancel": Call(About.CANCEL),
    "POST /api/runs/{run_id}/answers": Call(RUN, {"question": "{question_id}", "option": "n"}),
    "GET /api/runs/{run_id}/events": Call(RUN),
    "GET /api/runs/{run_id}/diff": Call(RUN, names=DONE_RUN),
    "GET /api/runs/{run_id}/log": Call(RUN, names=DONE_RUN, done=GOOD | {404}),
    "GET /api/runs/{run_id}/why": Call(RUN),
    "GET /api/runs/{run_id}/prompts": Call(RUN),
    "POST /api/runs/{run_id}/prompts": Call(RUN, {"text": "And more"}),
    "PATCH /api/runs/{run_id}/prompts/{number}": Call(RUN, {"text": "And more"}),
    "DELETE /api/runs/{run_id}/prompts/{number}": Call(RUN),
    "POST /api/runs/{run_id}/handover": Call(RUN, {"agent": "parrot"}),
    "GET /api/runs/{run_id}/checks": Call(RUN),
    "GET /api/runs/{run_id}/receipt": Call(RUN, names=DONE_RUN, done=GOOD | {404}),
    "POST /api/runs/{run_id}/resume": Call(RUN, done=STANDS_OTHERWISE),
    "GET /api/runs/{run_id}/files": Call(RUN, names=DONE_RUN),
    "PUT /api/runs/{run_id}/viewed": Call(RUN, {"path": "code.py"}, names=DONE_RUN),
    "GET /api/runs/{run_id}/remarks": Call(RUN, names=DONE_RUN),
    "POST /api/runs/{run_id}/remarks": Call(RUN, {"path": "code.py", "first": 10, "text": "Why?"}, names=DONE_RUN),
    "PATCH /api/runs/{run_id}/remarks/{remark_id}": Call(About.REMARK, {"text": "Other"}, names=DONE_RUN),
    "DELETE /api/runs/{run_id}/remarks/{remark_id}": Call(About.REMARK, names=DONE_RUN),
    "POST /api/runs/{run_id}/remarks/send": Call(RUN, {"text": "Mend it"}, names=DONE_RUN),
    "GET /api/runs/{run_id}/review": Call(RUN, names=DONE_RUN),
    "POST /api/runs/{run_id}/review": Call(RUN, {"approve": False, "text": "Mend it"}, names=DONE_RUN),
    "POST /api/runs/{run_id}/discard": Call(RUN, {}, names=DONE_RUN),
    "GET /api/inbox": Call(),
    "GET /api/questions": Call(),
    "POST /api/questions/{question_id}/answer": Call(RUN, {"option": "n"}),
    "GET /api/chat/{chat_id}": Call(About.CHAT),
    "POST /api/chat/{chat_id}": Call(About.CHAT, {"text": "And?"}),
    "POST /api/chat/{chat_id}/proposals/{number}/confirm": Call(
        About.CHAT, names={"number": "1"}, also="project:write"
    ),
    "POST /api/chat/{chat_id}/proposals/{number}/dismiss": Call(About.CHAT, names={"number": "1"}),
    # ── money ──
    "GET /api/budgets": Call(),
    "PUT /api/budgets": (
        Call(PROJECT, {"scope": "project", "name": "{project_key}", "usd": 5}),
        Call(About.INSTALLATION, {"scope": "installation", "usd": 5}, also="admin:system"),
        Call(About.INSTALLATION, {"scope": "user", "name": "bob", "usd": 5}, also="admin:system"),
        Call(About.INSTALLATION, {"scope": "agent", "name": "claude", "usd": 5}, also="agent:configure"),
    ),
    "DELETE /api/budgets": Call(PROJECT, query="scope=project&name={project_key}"),
    "GET /api/usage": Call(),
    # ── the code host ──
    "GET /api/connections/mine": Call(),
    "PUT /api/connections/mine": Call(body={"token": "t"}),
    "POST /api/connections/mine/check": Call(body={"repository": "http://127.0.0.1:9/ada/x"}),
    "DELETE /api/connections/mine": Call(),
    "GET /api/connections/installation": Call(),
    "PUT /api/connections/installation": Call(body={"token": "t"}),
    "POST /api/connections/installation/check": Call(body={"repository": "http://127.0.0.1:9/ada/x"}),
    "DELETE /api/connections/installation": Call(),
    "POST /api/github/webhook_secret": Call(),
    # ── what was done ──
    "GET /api/audit/events": Call(),
    "GET /api/audit/users/{user_id}/activity": Call(About.USER, names={"user_id": "whose"}),
    "GET /api/audit/sessions/{session_id}/activity": Call(
        About.ADMINS, query="auth_session_id={bearer}", names={"session_id": "spare_session"}
    ),
    "GET /api/audit": Call(),
    "GET /api/audit/analytics": Call(),
    "GET /api/audit/chain": Call(),
    "POST /api/audit/checkpoints": Call(),
    "GET /api/audit/checkpoints": Call(),
    "POST /api/audit/chain": Call(body={"checkpoints": []}),
    "POST /api/audit/key": Call(done=frozenset({200, 409})),
    "GET /api/audit/export": Call(),
    # ── policies ──
    "GET /api/policies": _also_of_a_project(done=GOOD | {404}),
    "PUT /api/policies": _also_of_a_project(body=MODULE),
    "DELETE /api/policies": _also_of_a_project(done=GOOD | {404}),
    "GET /api/policies/versions": _also_of_a_project(),
    "GET /api/policies/versions/{version}": _also_of_a_project(names={"version": "1"}, done=GOOD | {404}),
    "POST /api/policies/restore": _also_of_a_project(body={"version": 1}, done=GOOD | {404}),
    "POST /api/policies/test": Call(body=MODULE),
    "POST /api/policies/try": _also_of_a_project(body={"input": {}, **MODULE}),
    "POST /api/policies/replay": _also_of_a_project(body=MODULE),
    "GET /api/policies/decisions": _also_of_a_project(),
    # ── signing in ──
    "GET /api/auth/methods": Call(),
    "POST /api/auth/sign-in": Call(body={"user": "bob", "password": PASSWORD}),
    "POST /api/auth/accept": Call(body={"code": "{code}", "user": "fresh", "password": "another four unrelated words"}),
    "POST /api/auth/sign-out": Call(),
    "POST /api/auth/sign-out-everywhere": Call(),
    "POST /api/auth/step-up": Call(body={"password": PASSWORD}),
    "POST /api/auth/password": Call(body={"current": PASSWORD, "new": "another four unrelated words"}),
    "GET /api/auth/sessions": Call(),
    "DELETE /api/auth/sessions/{id}": Call(About.NOBODYS, names={"id": "bobs_session"}),
    "POST /api/auth/ticket": Call(),
    "POST /api/auth/passkeys/options": Call(),
    "POST /api/auth/passkeys": Call(body={"name": "key", "credential": CREDENTIAL}, done=NOT_PROVEN),
    "GET /api/auth/passkeys": Call(),
    "PATCH /api/auth/passkeys/{passkey_id}": Call(About.NOBODYS, {"name": "x"}, names={"passkey_id": "unknown"}),
    "DELETE /api/auth/passkeys/{passkey_id}": Call(About.NOBODYS, names={"passkey_id": "unknown"}),
    "POST /api/auth/sign-in/passkey/options": Call(),
    "POST /api/auth/sign-in/passkey": Call(body={"credential": CREDENTIAL}, done=NOT_PROVEN),
    # ── people ──
    "GET /api/users": Call(),
    "POST /api/users": Call(body={"id": "fresh"}),
    "GET /api/users/{user_id}": Call(names={"user_id": "bob"}),
    "PATCH /api/users/{user_id}": Call(body={"role": "viewer"}, names={"user_id": "bob"}),
    "DELETE /api/users/{user_id}": Call(names={"user_id": "bob"}),
    "GET /api/invitations": Call(),
    "POST /api/invitations": Call(body={"role": "viewer"}),
    "DELETE /api/invitations/{invitation_id}": Call(),
    "GET /api/tokens": Call(),
    "POST /api/tokens": Call(body={"name": "new"}),
    "DELETE /api/tokens/{named}": Call(About.NOBODYS, names={"named": "nobodys"}),
    "GET /api/projects/{project_id}/members": Call(PROJECT),
    "PUT /api/projects/{project_id}/members/{user_id}": Call(PROJECT, {"role": "viewer"}, names={"user_id": "bob"}),
    "DELETE /api/projects/{project_id}/members/{user_id}": Call(PROJECT, names={"user_id": "leaver"}),
    "GET /api/uses": Call(),
    "POST /api/uses": (
        Call(PROJECT, {"subject": "user:bob", "name": "claude", "project_id": "{project_id}"}),
        Call(About.INSTALLATION, {"subject": "user:bob", "name": "claude"}),
    ),
    "DELETE /api/uses/{use_id}": Call(PROJECT),
    "GET /api/group-roles": Call(),
    "PUT /api/group-roles": Call(body={"group": "makers", "role": "viewer"}),
    "GET /api/group-roles/{id}": Call(names={"id": "group_role"}),
    "PUT /api/group-roles/{id}": Call(body={"role": "viewer"}, names={"id": "group_role"}),
    "DELETE /api/group-roles/{id}": Call(names={"id": "group_role"}),
    # ── a directory ──
    "GET /scim/v2/Users": Call(),
    "POST /scim/v2/Users/.search": Call(body={"count": 1}),
    "POST /scim/v2/Users": Call(body={"userName": "fresh"}),
    "GET /scim/v2/Users/{user_id}": Call(names={"user_id": "bob"}),
    "PUT /scim/v2/Users/{user_id}": Call(body={"userName": "bob"}, names={"user_id": "bob"}),
    "PATCH /scim/v2/Users/{user_id}": Call(
        body={"Operations": [{"op": "replace", "path": "active", "value": False}]}, names={"user_id": "bob"}
    ),
    "DELETE /scim/v2/Users/{user_id}": Call(names={"user_id": "bob"}),
    "GET /scim/v2/Groups": Call(),
    "POST /scim/v2/Groups/.search": Call(body={"count": 1}),
    "POST /scim/v2/Groups": Call(body={"displayName": "new"}),
    "GET /scim/v2/Groups/{group_id}": Call(),
    "PUT /scim/v2/Groups/{group_id}": Call(body={"displayName": "other"}),
    "PATCH /scim/v2/Groups/{group_id}": Call(
        body={"Operations": [{"op": "add", "path": "members", "value": [{"value": "bob"}]}]}
    ),
    "DELETE /scim/v2/Groups/{group_id}": Call(),
    "GET /scim/v2/ServiceProviderConfig": Call(),
    "GET /scim/v2/ResourceTypes": Call(),
    "GET /scim/v2/ResourceTypes/{name}": Call(names={"name": "User"}),
    "GET /scim/v2/Schemas": Call(),
    "GET /scim/v2/Schemas/{urn}": Call(names={"urn": "urn:ietf:params:scim:schemas:core:2.0:User"}),
    **{
        f"{method} /scim/v2/{{path}}": Call(names={"path": "Nothing"}, done=frozenset({404}))
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
    # ── providers ──
    "GET /api/providers": Call(),
    "GET /api/providers/{name}": Call(names={"name": "elsewhere"}),
    "PUT /api/providers/{name}": Call(
        body={"kind": "oidc", "issuer": "http://127.0.0.1:9", "client_id": "hub"}, names={"name": "another"}
    ),
    "POST /api/providers/{name}/check": Call(names={"name": "elsewhere"}),
    "DELETE /api/providers/{name}": Call(names={"name": "elsewhere"}),
    "GET /api/auth/providers/{name}/start": Call(names={"name": "elsewhere"}, done=NOT_PROVEN | UNREACHED),
    "POST /api/auth/providers/{name}/start": Call(body={}, names={"name": "elsewhere"}, done=NOT_PROVEN | UNREACHED),
    "GET /api/auth/providers/{name}/callback": Call(names={"name": "elsewhere"}, done=NOT_PROVEN),
    "GET /api/auth/providers/{name}/sign-out": Call(names={"name": "elsewhere"}, done=frozenset({303})),
    "POST /api/auth/redeem": Call(body={"code": "made-up", "verifier": "made-up"}, done=NOT_PROVEN),
    "POST /api/auth/invitation": Call(body={"code": "{code}"}),
    "GET /api/auth/identities": Call(),
    "DELETE /api/auth/identities/{provider}": Call(About.NOBODYS, names={"provider": "elsewhere"}),
    # ── secrets, and what a session remembers ──
    "GET /api/secrets": Call(),
    "POST /api/secrets/rotate-key": Call(),
    "GET /api/secrets/{name}": Call(names={"name": "kept"}),
    "PUT /api/secrets/{name}": Call(body={"value": "s3cret"}, names={"name": "new"}),
    "DELETE /api/secrets/{name}": Call(names={"name": "kept"}),
    "GET /api/runtime/sessions/{session_id}/memory": Call(About.MEMORY, names={"session_id": "spare_session"}),
    "POST /api/runtime/sessions/{session_id}/memory": Call(
        About.MEMORY, {"text": "x"}, names={"session_id": "spare_session"}
    ),
    "PATCH /api/runtime/sessions/{session_id}/memory": Call(
        About.MEMORY, {"remembers": True}, names={"session_id": "spare_session"}
    ),
    "DELETE /api/runtime/sessions/{session_id}/memory": Call(About.MEMORY, names={"session_id": "spare_session"}),
    # ── devices ──
    "POST /api/devices/pairings": Call(),
    "POST /api/devices/pair": Call(
        body={"code": "AAAAA-AAAAA", "public_key": "A" * 43, "name": "x", "signature": "A" * 86},
        done=frozenset({404, 422}),
    ),
    "POST /api/devices/challenge": Call(body={"device_id": "x"}),
    "POST /api/devices/sign-in": Call(body={"device_id": "x", "challenge": "x", "signature": "x"}, done=NOT_PROVEN),
    "GET /api/devices": Call(),
    "GET /api/devices/{device_id}": Call(About.DEVICE),
    "PATCH /api/devices/{device_id}": Call(About.DEVICE, {"trust": "low"}),
    "DELETE /api/devices/{device_id}": Call(About.DEVICE),
    # ── backup ──
    "GET /api/backup": Call(),
    "POST /api/backup": Call(done=frozenset({422})),  # a database in memory has no file: it was let through
    # ── what is everybody's ──
    "GET /health": Call(),
    "GET /assets/{name}": Call(names={"name": "nothing.js"}, done=GOOD | {404}),
    "GET /manual/{name}": Call(names={"name": "nothing"}, done=GOOD | {404}),
    "GET /docs": Call(),
    "GET /docs/start.js": Call(),
    "GET /redoc": Call(),
    "GET /openapi.json": Call(),
    "GET /{place}": Call(names={"place": "board"}),
}
