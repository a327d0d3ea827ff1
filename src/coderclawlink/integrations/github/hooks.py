"""Webhooks from GitHub: somebody says that something happened, so we go and look. Nothing that a webhook says is believed beyond that.

    hooks = Hooks(db, vault, server)
    await hooks.hear(request)          # mounted by the composition root at POST /api/github/webhook

Above: the composition root. Below: the secret, the rows. A webhook counts if it is signed with the installation's secret (HMAC-SHA256 over the
raw body, compared in constant time), and each delivery counts once.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from coderclawlink.access import secrets
from coderclawlink.access.secrets import KeyMissing, SecretNotFound, Vault
from coderclawlink.db.engine import Database, Tx
from coderclawlink.pulls import watched
from coderclawlink.pulls.watched import SIGNED_BY

BODY_AT_MOST = 25 * 1024 * 1024
"""Bytes: GitHub sends no longer ones."""
ID_AT_MOST = 100
ABOUT_PULLS = frozenset(
    {
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "pull_request_review_thread",
        "check_run",
        "check_suite",
        "status",
        "push",
        "issue_comment",
        "workflow_run",
        "workflow_job",
    }
)
ABOUT_ISSUES = frozenset({"issues", "issue_comment", "label", "milestone"})


class Hooks:
    """Of one installation. `server`: the base URL of its GitHub."""

    def __init__(self, db: Database, vault: Vault, server: str) -> None:
        self._db = db
        self._server = server.rstrip("/")
        self._vault = vault

    async def hear(self, request: Request) -> Response:
        """Answers 204; 404 while no secret was made, 401 for a signature that is not its, 413 and 400 for what cannot be read."""
        try:
            secret = await self._db.read(secrets.get, self._vault, SIGNED_BY)
        except (SecretNotFound, KeyMissing):
            return _refuse(404, "Webhooks are not set up here.")
        try:
            body = await _read(request)
        except ClientDisconnect:
            return _refuse(400, "The body did not come whole.")
        if body is None:
            return _refuse(413, "The body is longer than 25 MiB.")
        if not is_signed(secret, body, request.headers.get("x-hub-signature-256", "")):
            return _refuse(401, "The signature is not that of this hub's secret.")
        hook = request.headers.get("x-github-delivery", "")
        if not 0 < len(hook) <= ID_AT_MOST:
            return _refuse(400, "The header X-GitHub-Delivery is missing.")
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return _refuse(400, "The body is no JSON: choose application/json as the webhook's content type.")
        await self._db.write(_take, self._server, hook, request.headers.get("x-github-event", ""), _place(told))
        return Response(status_code=204)


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Whether the signature, `sha256=<hex>`, is that of the body under the secret."""
    made = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made.encode(), signature.encode())


def _take(tx: Tx, server: str, hook: str, event: str, place: tuple[str, str] | None) -> None:
    if not watched.heard(tx, hook) or place is None:
        return
    if event in ABOUT_PULLS:
        watched.look_now(tx, server, *place)
    if event in ABOUT_ISSUES:
        tx.topics.add(f"issues:{place[0]}/{place[1]}")


async def _read(request: Request) -> bytes | None:
    """None: it is too long."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_AT_MOST:
            return None
        parts.append(part)
    return b"".join(parts)


def _place(told: object) -> tuple[str, str] | None:
    """Owner and name of the repository that it is about."""
    repository = told.get("repository") if isinstance(told, dict) else None
    name = repository.get("full_name") if isinstance(repository, dict) else None
    if not isinstance(name, str) or name.count("/") != 1:
        return None
    owner, _, repo = name.partition("/")
    return owner, repo


def _refuse(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)
