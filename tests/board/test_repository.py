"""What people paste as a repository."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.board.repository import NoRepository, parse

GITHUB = "https://github.com/octo/demo.git"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://github.com/octo/demo",
        "https://github.com/octo/demo/",
        "https://github.com/octo/demo.git",
        "  https://github.com/octo/demo.git/  ",
        "http://www.github.com/octo/demo",
        "https://github.com:443/octo/demo",
        "https://GitHub.com/octo/demo?tab=readme#top",
        "https://github.com/octo/demo/tree/main/src",
        "https://github.com/octo/demo/pull/7",
    ],
)
def test_all_forms_of_a_repository_on_the_code_host_mean_the_same(pasted: str) -> None:
    found = parse(pasted)
    assert (found.url, found.clone, found.owner, found.name) == (pasted.strip(), GITHUB, "octo", "demo")


@pytest.mark.parametrize("pasted", ["git@github.com:octo/demo.git", "ssh://git@github.com/octo/demo.git"])
def test_over_ssh_owner_and_name_are_known_and_the_address_is_kept(pasted: str) -> None:
    found = parse(pasted)
    assert (found.clone, found.owner, found.name) == (pasted, "octo", "demo")


@pytest.mark.parametrize(
    ("pasted", "clone"),
    [
        ("/srv/git/demo.git", "/srv/git/demo.git"),
        ("/home/me/my project", "/home/me/my project"),
        ("file:///srv/git/demo.git", "file:///srv/git/demo.git"),
        ("https://gitlab.com/group/sub/demo.git", "https://gitlab.com/group/sub/demo.git"),
        ("https://github.com:8443/octo/demo.git", "https://github.com:8443/octo/demo.git"),
        ("https://git.example:8443/demo.git?x=1", "https://git.example:8443/demo.git"),
        ("me@host.lan:repos/demo.git", "me@host.lan:repos/demo.git"),
        ("ssh://git@[::1]:2222/demo.git", "ssh://git@[::1]:2222/demo.git"),
    ],
)
def test_anything_else_that_git_can_clone_is_taken_as_it_is(pasted: str, clone: str) -> None:
    found = parse(pasted)
    assert (found.clone, found.owner, found.name) == (clone, None, None)


def test_another_code_host_is_the_one_whose_names_are_known() -> None:
    found = parse("https://git.corp/octo/demo", "https://git.corp")
    assert (found.clone, found.owner, found.name) == ("https://git.corp/octo/demo.git", "octo", "demo")
    assert parse("https://github.com/octo/demo", "https://git.corp").owner is None


def test_a_code_host_on_another_port_of_the_same_machine_is_another() -> None:
    server = "http://127.0.0.1:4000"
    assert parse("http://127.0.0.1:4000/octo/demo", server).clone == "http://127.0.0.1:4000/octo/demo.git"
    for other in ("http://127.0.0.1:5000/octo/demo", "http://127.0.0.1/octo/demo"):
        assert (parse(other, server).clone, parse(other, server).owner) == (other, None)
    assert parse("git@127.0.0.1:octo/demo", server).name == "demo", "the port of ssh says nothing"


@pytest.mark.parametrize("pasted", ["git@github.com:octo/demo/tree/main", "ssh://git@github.com/octo/demo.git/more"])
def test_over_ssh_a_longer_path_is_no_repository_of_the_code_host(pasted: str) -> None:
    with pytest.raises(NoRepository, match="owner/name"):
        parse(pasted)


@pytest.mark.parametrize(
    "junk",
    [
        "", " ", "octo/demo", "demo", "./demo", "../demo", "~/demo", "C:\\demo", "-u", "--upload-pack=touch /tmp/x", "-c@h:p",
        "ext::sh -c touch% /tmp/x", "ftp://host/demo", "javascript:alert(1)", "data:,x", "https://", "https:///demo",
        "https://github.com", "https://github.com/", "file://host/demo", "file:demo", "https://[bad/demo", "git@:demo",
        "https://github.com/octo/..", "https://github.com/octo/.git", "https://github.com/-/~x", "https://github.com/a b/c",
        "/srv/\ndemo", "/srv/\x00demo", "git@host:\tdemo", "https://host/a\r\nb", "https://github.com:x/octo/demo",
    ],
)  # fmt: skip
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(NoRepository):
        parse(junk)


@pytest.mark.parametrize(
    "secret",
    [
        "https://me:ghp_secret@github.com/octo/demo",
        "https://ghp_secret@github.com/octo/demo",
        "https://ghp_secret:@git.example/demo",
        "ssh://git:secret@host/demo",
    ],
)
def test_a_secret_in_the_address_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(NoRepository, match="Leave the password out") as refused:
        parse(secret)
    assert "secret" not in refused.value.message


@given(st.text(max_size=60) | st.builds(lambda a, b: f"https://{a}/{b}", st.text(max_size=20), st.text(max_size=30)))
def test_whatever_is_pasted_is_understood_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except NoRepository:
        return
    assert not found.clone.startswith("-")
    assert found.clone.startswith(("/", "file:///", "http://", "https://", "ssh://")) or "@" in found.clone


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True).filter(lambda name: not name.endswith(".git"))


@given(
    owner=NAMES,
    name=NAMES | st.just("octo.github.io"),
    before=st.sampled_from(["https://", "http://", "https://www.", "HTTPS://"]),
    after=st.sampled_from(["", "/", ".git", ".git/", "?tab=x", "#top", "/issues/7", "/tree/main/a%20b"]),
)
def test_every_way_to_write_a_repository_names_the_same_owner_and_name(
    owner: str, name: str, before: str, after: str
) -> None:
    for server in ("github.com", "git.corp:8443"):
        base = "https" if before.lower().startswith("https") else "http"
        found = parse(f"{before}{server}/{owner}/{name}{after}", f"{base}://{server}/")
        assert (found.owner, found.name) == (owner, name)
        assert found.clone == f"{base}://{server}/{owner}/{name}.git"
