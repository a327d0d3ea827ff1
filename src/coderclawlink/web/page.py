"""The web interface, and the pages that show the reference of this one: files, served with a strict policy, from here only."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from coderclawlink.errors import NotFound
from coderclawlink.web.signing_in import open_to_all

router = APIRouter(include_in_schema=False)

PAGE = Path(str(files("coderclawlink.web") / "page"))
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
OWN = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
MANUALS = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""ReDoc and Swagger UI write styles into the page; scripts still come from files alone."""
OPEN = open_to_all("it is the same for everybody, and holds no data")


class NoSuchFile(NotFound):
    """There is no such file."""


@router.get("/", dependencies=[OPEN])
async def index() -> Response:
    return _serve(PAGE, "index.html")


@router.get("/page/{name:path}", dependencies=[OPEN])
async def page_file(name: str) -> Response:
    return _serve(PAGE, name)


@router.get("/manual/{name:path}", dependencies=[OPEN])
async def manual_file(name: str) -> Response:
    return _serve(MANUAL, name)


def _serve(folder: Path, name: str) -> Response:
    """A file of the folder, by the name that the folder itself gives it: nothing else can be meant."""
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    path = there.get(name)
    if path is None or path.suffix not in KINDS:
        raise NoSuchFile
    headers = {"Content-Security-Policy": OWN, "Cache-Control": "no-cache"}
    return FileResponse(path, media_type=KINDS[path.suffix], headers=headers)


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
