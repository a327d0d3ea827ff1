"""Nobody lists projects, tasks or runs for somebody without asking what is there for whom: `access.visibility` is the one place that says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "coderclawlink"
ROOMS = ("board", "runs", "pulls", "agents", "skills", "engine", "runtime", "protocols", "integrations", "web")
TABLES = frozenset({"projects", "tasks", "runs"})
ASKS = frozenset(
    {
        *("visible", "allowed", "run_seen", "may_see", "may_see_run", "require_visible"),
        *("find_for", "_find_for", "seen_among", "_seen", "_seen_by", "sees_all"),
    }
)
READS = frozenset({"rows", "row", "tuples", "scalar"})
EXCEPT = {
    ("board/projects.py", "create"): "whether the key is free: keys are taken, whoever has taken them",
    ("board/search.py", "reindex"): "an administrator has the search made anew, and is told nothing of the tasks",
}


def tables_of(module: ast.Module) -> set[str]:
    """The names under which a module knows the tables, or columns of them, or questions to them."""
    known = {
        name.asname or name.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module == "coderclawlink.db.schema"
        for name in node.names
        if name.name in TABLES
    }
    for node in module.body:
        if isinstance(node, ast.Assign) and mentions(node.value, known):
            known |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return known


def mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(name, ast.Name) and name.id in names for name in ast.walk(node))


def functions_for_somebody(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in [*node.args.args, *node.args.kwonlyargs]:
                if argument.annotation is not None and ast.unparse(argument.annotation).startswith("Actor"):
                    yield node


def selects(function: ast.AST, tables: set[str]) -> bool:
    """Whether it selects from one of the tables itself, or asks further what selects from one."""
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and (
            (call.func.attr == "select" and any(mentions(part, tables) for part in call.args))
            or (call.func.attr in READS and any(mentions(part, tables) for part in call.args))
        )
        for call in ast.walk(function)
    )


def asks(function: ast.AST) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and (node.attr in ASKS or ast.unparse(node) == "visibility.require"))
        or (isinstance(node, ast.Name) and node.id in ASKS)
        for node in ast.walk(function)
    )


def test_what_selects_projects_tasks_or_runs_for_somebody_asks_what_is_there_for_whom() -> None:
    forgotten: list[str] = []
    looked_at = 0
    excused: set[tuple[str, str]] = set()
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")) if (SOURCE / room).exists() else ():
            module = ast.parse(path.read_text(encoding="utf-8"))
            tables = tables_of(module)
            for function in functions_for_somebody(module):
                if not tables or not selects(function, tables):
                    continue
                looked_at += 1
                name = (path.relative_to(SOURCE).as_posix(), function.name)
                if name in EXCEPT:
                    excused.add(name)
                elif not asks(function):
                    forgotten.append(f"{name[0]}: {name[1]}")
    assert forgotten == []
    assert excused == EXCEPT.keys(), "an exception that is none any more"
    assert looked_at > 10, "the check looks past what it is for"


def test_the_check_finds_what_it_is_for() -> None:
    bad = ast.parse(
        "from coderclawlink.db.schema import tasks\n"
        "def all_of(look, actor: Actor):\n    return look.rows(sa.select(tasks.c.id))\n"
        "def seen(look, actor: Actor):\n    return look.rows(sa.select(tasks.c.id).where(visibility.visible(actor)))\n"
    )
    tables = tables_of(bad)
    found = [one.name for one in functions_for_somebody(bad) if selects(one, tables) and not asks(one)]
    assert found == ["all_of"]
