"""Every route declares its permission, or the application does not start; and its description is written down as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter, Depends
from starlette.routing import Route

from coderclawlink.web import api, openapi
from coderclawlink.web.signing_in import open_to_all

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


async def _endpoint() -> None:
    pass


def test_a_route_without_a_permission_keeps_the_application_from_starting() -> None:
    router = APIRouter()
    router.add_api_route("/forgotten", _endpoint, dependencies=[Depends(_endpoint)])
    with pytest.raises(api.Undeclared, match="/forgotten"):
        api.assemble([router])


def test_a_socket_without_a_permission_keeps_the_application_from_starting() -> None:
    router = APIRouter()
    router.add_api_websocket_route("/forgotten", _endpoint)
    with pytest.raises(api.Undeclared, match="/forgotten"):
        api.assemble([router])


def test_a_plain_route_cannot_declare_one_and_is_refused() -> None:
    router = APIRouter()
    router.routes.append(Route("/plain", _endpoint))
    with pytest.raises(api.Undeclared, match="/plain"):
        api.assemble([router])


def test_a_route_that_is_open_to_all_says_why() -> None:
    router = APIRouter()
    router.add_api_route("/open", _endpoint, dependencies=[open_to_all("nothing is there")])
    assert "/open" in str(api.assemble([router]).openapi()["paths"])


def test_the_routes_of_the_contract_are_there() -> None:
    paths = api.describe()["paths"]
    assert isinstance(paths, dict)
    for path in (
        "/health", "/api/projects", "/api/projects/{project_id}", "/api/tasks", "/api/tasks/{task_id}",
        "/api/tasks/execute", "/api/tasks/{task_id}/executions", "/api/agents/available", "/api/agents/types",
        "/api/runtime/sessions", "/api/runtime/sessions/{session_id}", "/api/runtime/tasks/submit",
        "/api/runtime/tasks/{task_id}/state", "/api/runtime/tasks/{task_id}/cancel", "/api/runtime/agents",
        "/api/runtime/skills",
    ):  # fmt: skip
        assert path in paths


def test_the_written_description_has_not_drifted() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == openapi.text(), (
        "run: python -m coderclawlink.web.openapi docs/reference/openapi.json"
    )
