"""The page of the command line, made from the commands themselves: `make docs` writes it."""

from __future__ import annotations

from coderclawlink.cli.main import app


def page() -> str:
    """The page as Markdown."""
    return app.generate_docs().rstrip() + "\n"
