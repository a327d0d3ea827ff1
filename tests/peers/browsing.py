"""A browser as far as signing in needs one: it keeps cookies, follows links and redirects, and fills forms in."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx2

HUB = "http://localhost"
"""Where the hub is as browsers see it."""
LED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""What a browser says that another site has led to the hub."""


class _ThroughTheProxy(httpx2.AsyncHTTPTransport):
    """What goes to the hub's name goes to the port where it listens."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "localhost":
            there = request.url.copy_with(host="127.0.0.1", port=self._port)
            request = httpx2.Request(
                request.method, there, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        return await super().handle_async_request(request)


@dataclass
class Browser:
    """`been`: the addresses of the hub that it was led to, in their order."""

    http: httpx2.AsyncClient
    been: list[str] = field(default_factory=list)

    async def go(self, url: str, typed: Mapping[str, str]) -> httpx2.Response:
        """Follow what is there, with this typed into its forms, until a page of the hub, or what leads to one that is no station of the way."""
        answer = await self.http.get(url)
        for _ in range(25):
            if answer.url.host == "localhost":
                self.been.append(str(answer.url))
            if (there := answer.headers.get("location")) is not None:
                next_url = answer.url.join(there)
                if next_url.host == "localhost" and "/api/auth/" not in next_url.path:
                    return answer
                answer = await self.http.get(next_url, headers=LED if next_url.host == "localhost" else None)
            elif answer.url.host == "localhost" or (form := _form(answer.text, typed)) is None:
                return answer
            else:
                answer = await self.http.post(answer.url.join(form[0]), data=form[1])
        raise AssertionError(f"the way goes on and on: {self.been}")


@contextlib.asynccontextmanager
async def browser(port: int) -> AsyncIterator[Browser]:
    """A fresh one. `port`: the hub's."""
    async with httpx2.AsyncClient(
        transport=_ThroughTheProxy(port), base_url=HUB, timeout=20, headers={"Accept": "text/html"}
    ) as http:
        yield Browser(http)


def _form(page: str, typed: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """Where the page's form goes, and what with: of several, that which holds one of the typed values."""
    forms = re.findall(r"<form(.*?)>(.*?)</form>", page, re.DOTALL)
    for head, inside in sorted(
        forms, key=lambda form: not any(f'value="{word}"' in form[1] for word in typed.values())
    ):
        fields = {}
        for element in re.findall(r"<input(.*?)/?>", inside, re.DOTALL):
            name, value = _attribute(element, "name"), _attribute(element, "value")
            if name:
                fields[name] = typed.get(name, value)
        return _attribute(head, "action"), fields
    return None


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    return html.unescape(found[1]) if found else ""
