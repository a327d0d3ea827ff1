"""The page of the command line, made from the commands themselves.

python -c 'from coderclawlink.cli.reference import page; print(page(), end="")' > docs/reference/cli.md
"""

from __future__ import annotations

from coderclawlink.cli.main import app


def page() -> str:
    """The page as Markdown."""
    return app.generate_docs().rstrip() + "\n"
