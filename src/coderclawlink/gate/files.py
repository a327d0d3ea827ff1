"""The link's side way for files: what an order names as attached, its node fetches here, by the key that lets it join.

Above: app, which puts it on the application. Below: the board's files. A node asks for a file by what is in it, so that it asks
once for each; what no task has any more is not handed out.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from coderclawlink.board import attachments
from coderclawlink.board.files import BINARY, Files, NoSuchFile
from coderclawlink.db.engine import Database
from coderclawlink.errors import NotSignedIn
from coderclawlink.gate.joining import proves_itself


class Handing:
    """Hands out files to nodes."""

    def __init__(self, db: Database, files: Files, key: str) -> None:
        self._db = db
        self._files = files
        self._key = key

    async def serve(self, request: Request, sha256: str) -> Response:
        """The endpoint. Raises `NotSignedIn`, `NoSuchFile`."""
        if not proves_itself(request.headers.get("authorization", ""), self._key):
            raise NotSignedIn("The node is not known here.")
        if not await self._db.read(attachments.is_wanted, sha256):
            raise NoSuchFile
        return FileResponse(self._files.path(sha256), media_type=BINARY)
