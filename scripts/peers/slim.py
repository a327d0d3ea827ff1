"""Cut GitHub's own description of its REST interface, 13 MB, down to the paths that we call, so that its checker starts within a second or two.

slim.py DESCRIPTION OUT. What a kept path refers to is kept with it; everything else is left out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

PATHS = re.compile(
    r"/app/installations/\{installation_id\}/access_tokens"
    r"|/graphql|/rate_limit|/user"
    r"|/repos/\{owner\}/\{repo\}"
    r"(/installation"
    r"|/actions/jobs/\{job_id\}(/logs)?"
    r"|/check-runs(/\{check_run_id\})?"
    r"|/collaborators/\{username\}(/permission)?"
    r"|/commits/\{ref\}/(check-runs|status)"
    r"|/git/(blobs|commits|refs|refs/\{ref\}|trees)"
    r"|/hooks"
    r"|/issues(/\{issue_number\}(/(comments|events|labels))?|/comments/\{comment_id\})?"
    r"|/pulls(/\{pull_number\}(/(comments|merge|reviews))?)?"
    r"|/statuses/\{sha\})?"
)


def slim(whole: dict[str, Any]) -> dict[str, object]:
    """The description with the paths above alone."""
    kept = {path: said for path, said in whole["paths"].items() if PATHS.fullmatch(path)}
    parts: dict[str, dict[str, object]] = {}
    waiting = _references(kept)
    while waiting:
        kind, name = waiting.pop()
        if name in parts.get(kind, {}):
            continue
        found = whole["components"][kind][name]
        parts.setdefault(kind, {})[name] = found
        waiting |= _references(found)
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": kept, "components": parts}


def _references(said: object) -> set[tuple[str, str]]:
    found = re.findall(r'"\$ref": ?"#/components/([^/"]+)/([^"]+)"', json.dumps(said))
    return {(kind, name) for kind, name in found}


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    draft = target.with_suffix(".new")
    draft.write_text(json.dumps(slim(json.loads(source.read_text(encoding="utf-8")))), encoding="utf-8")
    draft.replace(target)
