"""People and groups as a directory tells of them, on both databases: found, called something else, taken away, come back, told apart."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from coderclawlink.access import directory, directory_groups, groups, members, people, scim_filter
from coderclawlink.access.directory import AdministratorsAddress, NameTaken, Said
from coderclawlink.access.people import EmailTaken, PersonNotFound
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.board import projects
from coderclawlink.db.engine import Database

pytestmark = pytest.mark.anyio


def said(user_name: str, external_id: str | None = None, email: str | None = None, **more: str) -> Said:
    emails: list[JsonValue] = [] if email is None else [{"value": email}]
    return directory.read({"userName": user_name, "externalId": external_id, "emails": emails, **more})


async def ids(db: Database, filter: str) -> list[str]:
    _, found = await db.read(directory.search, scim_filter.parse(filter), offset=0, limit=50)
    return [one.id for one in found]


async def test_people_made_by_hand_are_found_by_their_address_or_name(db: Database) -> None:
    await db.write(people.create, "cara", role=Role.DEVELOPER, how="admin", email="Cara@x.example", name="Cara \u00c9")
    await db.write(people.create, "dan", role=Role.DEVELOPER, how="admin")
    await db.write(people.create, "robot", role=Role.DEVELOPER, how="admin", service=True)
    assert await ids(db, 'userName eq "CARA@x.example"') == ["cara"]
    assert await ids(db, 'displayName eq "Cara \u00c9" or displayName co "car"') == ["cara"]
    assert await ids(db, 'userName eq "dan" or userName eq "robot"') == ["dan"]
    assert await ids(db, 'not (emails pr) and userName ne "x" and id sw "d"') == ["dan"]
    assert await ids(db, 'not (externalId eq "x" or displayName sw "c")') == ["dan"]
    changed = await db.write(directory.replace, "cara", said("cara@x.example", email="c@y.example"), by=OWNER)
    assert changed.said.email == "c@y.example"
    kept = await db.read(people.find, "cara")
    assert (kept.role, kept.email) == (Role.DEVELOPER, "c@y.example")
    await db.write(people.change, "cara", {"email": "hand@y.example", "name": "By Hand"}, by="root")
    told = (await db.read(directory.find, "cara")).said
    assert (told.email, told.display_name, told.user_name) == ("hand@y.example", "By Hand", "cara@x.example")


async def test_the_address_of_who_was_made_an_administrator_by_hand_is_not_the_directorys_to_change(
    db: Database,
) -> None:
    await db.write(people.create, "root", role=Role.ADMIN, how="admin", email="root@x.example")
    with pytest.raises(AdministratorsAddress):
        await db.write(directory.replace, "root", said("root@x.example", email="mallory@x.example"), by=OWNER)
    with pytest.raises(AdministratorsAddress):
        await db.write(directory.replace, "root", said("root@x.example"), by=OWNER)
    told = await db.write(directory.replace, "root", said("root@x.example", "1", "root@x.example"), by=OWNER)
    assert told.said.external_id == "1"


async def test_who_is_taken_away_comes_back_only_by_what_the_directory_calls_them_for_good(db: Database) -> None:
    first = await db.write(directory.create, said("ann@x.example", "1", "ann@x.example"), by=OWNER)
    assert first.id == "ann"
    await db.write(directory.remove, "ann", by=OWNER)
    with pytest.raises(PersonNotFound):
        await db.read(directory.find, "ann")
    assert (await db.read(people.find, "ann")).state == "disabled"
    other = await db.write(directory.create, said("ann@x.example", "2", "ann@x.example"), by=OWNER)
    assert other.id == "ann-2"
    again = await db.write(directory.create, said("ann.lee@x.example", "1"), by=OWNER)
    assert (again.id, (await db.read(people.find, "ann")).state) == ("ann", "active")
    with pytest.raises(NameTaken):
        await db.write(directory.replace, "ann", said("ANN@x.example", "1"), by=OWNER)
    with pytest.raises(EmailTaken):
        await db.write(directory.replace, "ann", said("ann.lee@x.example", "1", "ann@x.example"), by=OWNER)


@pytest.mark.parametrize(
    ("user_name", "id"),
    [("\u00c9va@x", "va"), ("@x", "user"), ("_a b_@x", "a-b"), ("+++", "user"), ("x" * 300, "x" * 56)],
)
async def test_what_somebody_is_called_elsewhere_becomes_a_name_to_sign_in_with(
    db: Database, user_name: str, id: str
) -> None:
    assert (await db.write(directory.create, said(user_name), by=OWNER)).id == id
    other = said(f"{user_name.partition('@')[0]}@other")
    assert (await db.write(directory.create, other, by=OWNER)).id == f"{id}-2"


async def test_a_group_makes_members_and_is_shared_with_providers(db: Database) -> None:
    for name in ("one", "two"):
        await db.write(directory.create, said(f"{name}@x.example"), by=OWNER)
    project = await db.write(projects.create, OWNER, key="P", name="P")
    await db.write(groups.apply, "two", "acme", ["devs"])
    await db.write(groups.give, "devs", project.id, Role.DEVELOPER, by="root")
    assert (await db.read(directory_groups.search, None, offset=0, limit=10))[0] == 0
    wanted = directory_groups.read({"displayName": "devs", "members": [{"value": "one"}], "externalId": "g"})
    group = await db.write(directory_groups.create, wanted, by=OWNER)
    assert group.members == ("one",)
    assert await db.read(members.of_user, "one") == {project.id: Role.DEVELOPER}
    with pytest.raises(NameTaken):
        await db.write(directory_groups.create, wanted, by=OWNER)
    found = await db.read(directory_groups.search, scim_filter.parse('members.value eq "two"'), offset=0, limit=10)
    assert found == (0, [])
    await db.write(directory.remove, "one", by=OWNER)
    assert (await db.read(directory_groups.find, group.id)).members == ()
    await db.write(directory_groups.remove, group.id, by=OWNER)
    assert await db.read(members.of_user, "one") == {}
    assert await db.read(members.of_user, "two") == {project.id: Role.DEVELOPER}
    again = await db.write(directory_groups.create, directory_groups.read({"displayName": "devs"}), by=OWNER)
    assert (again.id, again.members) == (group.id, ())
