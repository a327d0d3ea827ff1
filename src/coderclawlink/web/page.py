"""The web interface, and the pages that show the reference of this one: files, served with a strict policy, from here only.

The interface is built from `ui/` into `static/` beside this file. Which page it shows is the browser's matter: each address that is
neither the API's nor a file's gives the same `index.html`. Files under `assets/` carry their content's hash in their name and are
kept by browsers for ever; for most there is a compressed sibling, made when building, so nothing is compressed here.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from coderclawlink.errors import NotFound, Unavailable
from coderclawlink.web.signing_in import open_to_all

router = APIRouter(include_in_schema=False)

STATIC = Path(str(files("coderclawlink.web") / "static"))
"""What `ui/` is built into."""
MANUAL = Path(str(files(fastapi_offline) / "static"))
"""Swagger UI and ReDoc as the package brings them."""

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
}
SIBLINGS = {"br": ".br", "gzip": ".gz"}
"""Codings and how their files' names end, the smaller first."""
OWN = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Scripts come from files alone. A style element must carry the answer's nonce; attributes may hold styles, as coloured code does."""
MANUALS = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""ReDoc and Swagger UI write styles into the page; scripts still come from files alone."""
NONCE = "%nonce%"
FOR_EVER = "public, max-age=31536000, immutable"
OPEN = open_to_all("it is the same for everybody, and holds no data")


class NoSuchFile(NotFound):
    """There is no such file."""


class NotBuilt(Unavailable):
    """The web interface has not been built into this checkout: `make ui` does it."""


class Place(StringConvertor):
    """An address of the interface's own: not the API's, whose wrong addresses are answered as it answers."""

    regex = r"(?!(?:api|assets|manual)(?:/|$)).*"


register_url_convertor("place", Place())


@router.get("/assets/{name:path}", dependencies=[OPEN])
async def asset(request: Request, name: str) -> Response:
    return _serve(STATIC / "assets", name, kept=FOR_EVER, accepted=request.headers.get("accept-encoding", ""))


@router.get("/manual/{name:path}", dependencies=[OPEN])
async def manual_file(name: str) -> Response:
    return _serve(MANUAL, name)


def _index() -> Response:
    path = STATIC / "index.html"
    if not path.is_file():
        raise NotBuilt
    nonce = secrets.token_urlsafe(16)
    text = path.read_text(encoding="utf-8").replace(NONCE, nonce)
    headers = {"Content-Security-Policy": PAGE.format(nonce=nonce), "Cache-Control": "no-cache"}
    return HTMLResponse(text, headers=headers)


def _serve(folder: Path, name: str, *, kept: str = "no-cache", accepted: str = "") -> Response:
    """A file of the folder, by the name that the folder itself gives it: nothing else can be meant."""
    path = _files(folder, folder.stat().st_mtime_ns if folder.is_dir() else 0).get(name)
    if path is None or path.suffix not in KINDS or not path.is_file():
        raise NoSuchFile
    headers = {"Content-Security-Policy": OWN, "Cache-Control": kept}
    codings = _codings(accepted)
    for coding, ending in SIBLINGS.items():
        sibling = path.with_name(path.name + ending)
        if coding in codings and sibling.is_file():
            headers |= {"Content-Encoding": coding, "Vary": "Accept-Encoding"}
            return FileResponse(sibling, media_type=KINDS[path.suffix], headers=headers)
    return FileResponse(path, media_type=KINDS[path.suffix], headers=headers)


@lru_cache(maxsize=8)
def _files(folder: Path, changed_ns: int) -> dict[str, Path]:
    """Looked up again when the folder has changed, as by a new build."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def _codings(accepted: str) -> set[str]:
    """The codings that an Accept-Encoding header takes."""
    wishes = (wish.replace(" ", "").partition(";") for wish in accepted.lower().split(","))
    return {coding for coding, _, weight in wishes if weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000")}


# ── the reference ──────────────────────────────────────────────────────────────────────────────────────────────────

SWAGGER = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>coderClawLink: HTTP interface</title>
<link rel="stylesheet" href="/manual/swagger-ui.css"><link rel="icon" href="/manual/favicon.png"></head>
<body><div id="swagger-ui"></div><script src="/manual/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body></html>"""
REDOC = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>coderClawLink: HTTP interface</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/manual/favicon.png"></head>
<body><redoc spec-url="/openapi.json" disable-search></redoc><script src="/manual/redoc.standalone.js"></script></body></html>"""
START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});\n'


@router.get("/docs", dependencies=[OPEN])
async def docs() -> Response:
    return HTMLResponse(SWAGGER, headers={"Content-Security-Policy": MANUALS})


@router.get("/docs/start.js", dependencies=[OPEN])
async def start_docs() -> Response:
    return Response(START, media_type=KINDS[".js"])


@router.get("/redoc", dependencies=[OPEN])
async def redoc() -> Response:
    return HTMLResponse(REDOC, headers={"Content-Security-Policy": MANUALS})


@router.get("/openapi.json", dependencies=[OPEN])
async def description(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


# ── every other address ────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/{place:place}", dependencies=[OPEN])
async def interface(place: str) -> Response:
    """A file at the top, such as the icon; else the page. Stands last, since it takes whatever nobody else does."""
    if "/" not in place and Path(place).suffix in KINDS and place != "index.html":
        return _serve(STATIC, place)
    return _index()
