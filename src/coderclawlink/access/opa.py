"""Policies decided by an Open Policy Agent of yours, over its REST interface, in place of bundles that the hub keeps.

Above: `rules`. It asks `POST /v1/data/clawlink/allow` with `{"input": …}`, and after a no `…/reason`. It fails closed: what is not a plain
`{"result": true}` within the deadline is a no.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx2

from coderclawlink import clock
from coderclawlink.access.rego import DEADLINE_SECONDS, Answer, Bundle, Input


class Opa:
    """The agent at `url`, such as http://127.0.0.1:8181. Closed by `close`."""

    def __init__(self, url: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline_seconds
        self._http = httpx2.AsyncClient(base_url=url.rstrip("/"), trust_env=False, timeout=deadline_seconds)

    async def decide(self, bundles: Sequence[Bundle], input: Input) -> Answer:
        """`bundles` are not asked: the agent has its own."""
        try:
            async with clock.timeout(self._deadline):
                if await self._ask("allow", input) is True:
                    return Answer(True)
        except (TimeoutError, httpx2.TimeoutException):
            return Answer(False, f"The policy took too long: more than {self._deadline * 1000:.0f} ms.")
        except (httpx2.HTTPError, ValueError):
            return Answer(False, "The Open Policy Agent does not answer as one.")
        try:
            async with clock.timeout(self._deadline):
                reason = await self._ask("reason", input)
        except (TimeoutError, httpx2.HTTPError, ValueError):
            reason = None  # it is a no all the same
        return Answer(False, reason[:500] if isinstance(reason, str) and reason else "The policy does not allow it.")

    async def _ask(self, rule: str, input: Input) -> object:
        answer = await self._http.post(f"/v1/data/clawlink/{rule}", json={"input": input})
        answer.raise_for_status()
        told = answer.json()
        return told.get("result") if isinstance(told, dict) else None

    async def close(self) -> None:
        await self._http.aclose()
