"""Several repositories of one attempt: how the first one's folder is called, and that room is made at the price of none's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderclawlink.errors import Invalid
from coderclawlink.workspaces import beside, quota
from coderclawlink.workspaces.beside import Further
from coderclawlink.workspaces.mirror import commit_at
from coderclawlink.workspaces.store import Store
from tests.workspaces.conftest import Plain

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("repository", "taken", "name"),
    [
        ("https://github.com/acme/Api.git", [], "api"),
        ("git@github.com:acme/api", ["api"], "api-2"),
        ("git@host:api.git", ["api", "api-2"], "api-3"),
        ("/srv/git/my repo/", [], "my-repo"),
        ("/srv/..", [], "main"),
        ("/srv/.git", [], "main"),
        (None, ["web"], "main"),
    ],
)
def test_the_first_ones_folder_has_the_name_of_the_repository(
    repository: str | None, taken: list[str], name: str
) -> None:
    assert beside.folder_name(repository, taken) == name


async def test_what_is_unsaved_in_any_of_them_is_saved_before_the_folder_goes(
    store: Store, repository: Path, tmp_path: Path, plain: Plain
) -> None:
    web = tmp_path / "web"
    web.mkdir()
    plain(web, "init")
    plain(web, "commit", "--allow-empty", "-m", "Begin")
    async with beside.prepare(
        *(store, "r1", 1),
        repository=str(repository),
        further=[Further("web", str(web), "b")],
        resume=(),
        follows=None,
        branch="b",
        author="",
        token=None,
    ) as checkout:
        (further,) = checkout.beside
        assert (checkout.work, further.work) == (checkout.space / "repository", checkout.space / "web")
        (further.work / "a.txt").write_text("kept\n")
    found = store.find("r1", 1)
    assert found is not None
    assert [each.work for each in found.all] == [checkout.work, further.work]
    done = await quota.collect(store, max_bytes=0)
    (removed,) = done.removed
    assert removed.saved is not None
    assert not checkout.folder.exists()
    kept = await commit_at(further.mirror, removed.saved.ref)
    assert kept is not None
    assert plain(further.mirror, "show", f"{kept}:a.txt") == "kept"


def test_a_name_that_leads_elsewhere_is_refused(store: Store) -> None:
    for name in ("..", "a/b", "", "/etc"):
        with pytest.raises(Invalid):
            store.beside(name)
