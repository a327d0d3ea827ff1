"""Attempts over several repositories: each gets commits of its own, and all are shown as one change."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderclawlink.events import AgentMessage, ArtifactKept, WorkCommitted, WorkSaved
from coderclawlink.link.protocol import Beside, Fence, Push, Pushed
from coderclawlink.node import briefing
from coderclawlink.node.execute import bury
from coderclawlink.node.pushes import push
from coderclawlink.workspaces import quota
from tests.node.conftest import Bench, Report, git

pytestmark = pytest.mark.anyio


def made(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "page.html").write_text("".join(f"line {n}\n" for n in range(20)))
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "Begin")
    return folder


@pytest.fixture
def web(tmp_path: Path) -> Path:
    return made(tmp_path / "web-of-ours")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return made(tmp_path / "docs-of-ours")


def beside(**folders: Path) -> tuple[Beside, ...]:
    return tuple(Beside(name=name, repository=str(path), branch="task/one") for name, path in folders.items())


def commits(report: Report) -> dict[str, WorkCommitted]:
    return {one.repository: one for one in report.all(WorkCommitted)}


def space(bench: Bench) -> Path:
    return bench.tools.store.folder("r1", 1) / "work"


async def test_each_repository_that_changed_gets_its_commit_on_its_branch(bench: Bench, web: Path, docs: Path) -> None:
    script = "script:\nwrite repository/a.txt | one\nwrite docs/b.txt | two\nsay Done."
    report = await bench.make(script, beside=beside(web=web, docs=docs))
    assert report.ended.outcome == "completed"
    told = commits(report)
    assert set(told) == {"", "docs"}
    assert bench.git("show", "task/one:a.txt") == "one"
    assert git(docs, "rev-parse", "task/one") == told["docs"].head
    assert git(docs, "show", "task/one:b.txt") == "two"
    assert "task/one" not in git(web, "branch", "--list")
    assert (told["docs"].files, told["docs"].base) == (1, git(docs, "rev-parse", "main"))


async def test_the_kept_diff_is_of_all_with_the_further_ones_below_their_names(bench: Bench, web: Path) -> None:
    script = (
        "script:\nwrite repository/a.txt | one\nrun cd web && git mv page.html start.html && echo more >> start.html"
    )
    report = await bench.make(script, beside=beside(web=web))
    (text,) = [kept.text for kept in report.all(ArtifactKept) if kept.name == "diff"]
    assert "diff --git a/a.txt b/a.txt" in text
    assert "rename from web/page.html\nrename to web/start.html" in text
    assert text.index("a/a.txt") < text.index("web/page.html")


async def test_a_change_of_a_further_one_alone_is_a_result(bench: Bench, web: Path) -> None:
    report = await bench.make("script:\nwrite web/b.txt | two", beside=beside(web=web))
    assert report.ended.outcome == "completed"
    assert report.ended.result == "1 files changed, 1 lines added, 0 removed."
    assert set(commits(report)) == {"web"}
    assert "task/one" not in bench.git("branch", "--list")


async def test_no_change_at_all_is_an_answer(bench: Bench, web: Path) -> None:
    report = await bench.make("script:\nsay Nothing to do.", beside=beside(web=web))
    assert (report.ended.outcome, report.ended.result) == ("completed", "Nothing to do.")
    assert not report.all(WorkCommitted)


async def test_git_finds_each_repository_from_within_it(bench: Bench, web: Path) -> None:
    script = "script:\nrun cd web && git checkout -qb mine && echo x > c && git add c && git commit -qm Mine\nsay Done."
    report = await bench.make(script, beside=beside(web=web))
    assert git(web, "log", "-1", "--format=%s", commits(report)["web"].head) == "Mine"


async def test_the_agent_finds_them_side_by_side_in_its_folder(bench: Bench, web: Path) -> None:
    report = await bench.make("script:\nrun ls\nsay Done.", beside=beside(web=web))
    assert report.ended.outcome == "completed"
    assert sorted(path.name for path in space(bench).iterdir()) == ["repository", "web"]


def test_the_agent_is_told_which_repositories_there_are() -> None:
    told = briefing.beside((), Path("/nowhere"), ["api", "web"])
    assert told.startswith("Your working folder holds 2 git repositories, each in a folder of its own: api/, web/.")
    assert briefing.beside((), Path("/nowhere"), []) == ""


async def test_a_follow_up_goes_on_from_all_and_shows_all(bench: Bench, web: Path) -> None:
    first = await bench.make("script:\nwrite repository/a.txt | one\nwrite web/b.txt | two", beside=beside(web=web))
    second = await bench.make(
        "script:\nrun cat web/b.txt\nwrite repository/c.txt | three",
        run="r2",
        follows=Fence(run="r1", attempt=1),
        beside=beside(web=web),
    )
    assert set(commits(second)) == {""}
    assert bench.git("log", "--format=%H", "task/one").splitlines()[1] == commits(first)[""].head
    text = second.artifact("diff")
    assert "b/a.txt" in text
    assert "b/c.txt" in text
    assert "b/web/b.txt" in text
    third = await bench.make(
        "script:\nwrite web/d.txt | four", run="r3", follows=Fence(run="r2", attempt=1), beside=beside(web=web)
    )
    assert git(web, "log", "--format=%H", "task/one").splitlines()[:2] == [
        commits(third)["web"].head,
        commits(first)["web"].head,
    ]


@pytest.mark.parametrize("folder", ["there", "gone"])
async def test_what_a_run_left_as_it_was_is_gone_on_from_through_it(bench: Bench, web: Path, folder: str) -> None:
    both = tuple(each.model_copy(update={"branch": ""}) for each in beside(web=web))  # delivered nowhere
    await bench.make("script:\nwrite repository/a.txt | one\nwrite web/b.txt | two", branch="", beside=both)
    only = "script:\nwrite repository/c.txt | three"
    await bench.make(only, run="r2", branch="", follows=Fence(run="r1", attempt=1), beside=both)
    if folder == "gone":
        await quota.collect(bench.tools.store, max_bytes=0)
    third = await bench.make(
        "script:\nwrite web/d.txt | four", run="r3", branch="", follows=Fence(run="r2", attempt=1), beside=both
    )
    text = third.artifact("diff")
    assert all(f"b/{path}" in text for path in ("a.txt", "c.txt", "web/b.txt", "web/d.txt"))
    assert set(commits(third)) == {"web"}


async def test_work_of_all_survives_a_killed_node_and_is_gone_on_with(bench: Bench, web: Path) -> None:
    script = "script:\nwrite repository/a.txt | one\nwrite web/b.txt | two\nhang"
    both = beside(web=web)
    async with bench.begin(script, beside=both) as report:
        there = space(bench) / "web" / "b.txt"
        await report.until(there.exists)
        report.stop("interrupted")
    assert {saved.repository for saved in report.all(WorkSaved)} == {"", "web"}
    assert "b/web/b.txt" in report.artifact("diff")
    await bury(bench.order(script, beside=both), bench.tools.store)
    again = await bench.make("script:\nwrite web/c.txt | three", attempt=2, resume=(1,), beside=both)
    assert set(commits(again)) == {"", "web"}
    assert git(web, "show", "task/one:b.txt") == "two"
    assert bench.git("show", "task/one:a.txt") == "one"


async def test_the_same_attempt_made_anew_loses_nothing_of_any(bench: Bench, web: Path) -> None:
    script = "script:\nwrite repository/a.txt | one\nwrite web/b.txt | two\nhang"
    both = beside(web=web)
    async with bench.begin(script, beside=both) as report:
        there = space(bench) / "web" / "b.txt"
        await report.until(there.exists)
        report.stop("interrupted")
    again = await bench.make("script:\nsay Done.", beside=both)
    assert set(commits(again)) == {"", "web"}


async def test_what_was_made_in_a_further_one_can_be_pushed_from_here(bench: Bench, web: Path) -> None:
    both = tuple(each.model_copy(update={"branch": ""}) for each in beside(web=web))
    report = await bench.make("script:\nwrite web/b.txt | two", branch="", beside=both)
    head = commits(report)["web"].head
    wanted = Push(delivery="d1", run="r1", attempt=1, head=head, repository=str(web), branch="task/one")
    assert await push(wanted, bench.tools.store, None) == Pushed(delivery="d1", branch="task/one")
    assert git(web, "rev-parse", "task/one") == head


async def test_a_hostile_repository_changes_nothing_outside(bench: Bench, web: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret\n")
    hook = f"printf '#!/bin/sh\\ntouch {outside}/ran\\n' > web/.git/hooks/post-checkout; chmod +x web/.git/hooks/post-checkout"
    script = (
        f"script:\nrun {hook}\nrun ln -s {outside} web/link\nrun git -C web config core.fsmonitor 'touch {outside}/ran'\n"
        "write repository/a.txt | one"
    )
    report = await bench.make(script, beside=beside(web=web))
    assert git(web, "ls-tree", commits(report)["web"].head, "link").startswith("120000 blob")
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    script = f"script:\nrun rm -rf web && ln -s {outside} web\nwrite repository/a.txt | one"
    report = await bench.make(script, run="r2", beside=beside(web=web))
    assert report.ended.outcome == "failed"
    assert "web is no folder any more" in (report.ended.error or "")
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    script = f"script:\nrun rm -rf web/.git && echo 'gitdir: {outside}' > web/.git && echo x > web/x.txt"
    report = await bench.make(script, run="r3", beside=beside(web=web))
    assert git(web, "ls-tree", "--name-only", commits(report)["web"].head).split() == ["page.html", "x.txt"]


@pytest.mark.parametrize("same", ["name", "repository"])
async def test_no_repository_comes_twice(bench: Bench, web: Path, docs: Path, same: str) -> None:
    one, other = beside(web=web, docs=docs)
    twice = (
        (one, one.model_copy(update={"repository": str(docs)}))
        if same == "name"
        else (one, other.model_copy(update={"repository": str(web)}))
    )
    report = await bench.make("script:\nsay Hello.", beside=twice)
    assert (report.ended.outcome, report.ended.retry) == ("failed", False)


async def test_an_agent_with_no_repository_of_the_project_works_beside_an_empty_folder(bench: Bench, web: Path) -> None:
    report = await bench.make("script:\nwrite web/b.txt | two\nsay Hello.", repository=None, beside=beside(web=web))
    assert set(commits(report)) == {"web"}
    assert not [message for message in report.all(AgentMessage) if "failed" in message.text]
