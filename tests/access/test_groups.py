"""What groups give, beside what was given by hand; whom a provider's subject is; and where calls may go."""

from __future__ import annotations

import ipaddress

import pytest
import sqlalchemy as sa

from coderclawlink.access import groups, identities, outgoing, people, providers, round_trips
from coderclawlink.access.groups import GroupRoleNotFound, ProjectNotFound
from coderclawlink.access.identities import Identity, IdentityNotFound, LastWayIn, Refused
from coderclawlink.access.oidc import challenge_of
from coderclawlink.access.outgoing import AddressRefused, Bounds, CallFailed
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.access.providers import Provider, Settings
from coderclawlink.access.round_trips import Handed, HandedOverUnknown, Plan, Trip
from coderclawlink.access.secrets import Vault
from coderclawlink.board import projects
from coderclawlink.db import schema
from coderclawlink.db.engine import Database, Tx
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log


def made(db: Database, name: str = "ann", role: Role = Role.GUEST) -> None:
    db.write_now(lambda tx: people.create(tx, name, role=role, how="admin", by=OWNER))


def project(db: Database, key: str = "SHOP") -> ProjectId:
    return db.write_now(lambda tx: projects.create(tx, OWNER, name=key, key=key)).id


def give(db: Database, group: str, role: Role, where: ProjectId | None = None) -> groups.GroupRole:
    return db.write_now(lambda tx: groups.give(tx, group, where, role, by=OWNER))


def says(db: Database, source: str, *names: str, user: str = "ann") -> None:
    db.write_now(lambda tx: groups.apply(tx, user, source, names))


def role(db: Database, user: str = "ann") -> tuple[Role, Role]:
    with db.look() as look:
        person = people.find(look, user)
        return person.role, person.given_role


def belongs(db: Database, user: str = "ann") -> dict[tuple[int, str], str]:
    table = schema.members
    with db.look() as look:
        rows = look.rows(sa.select(table).where(table.c.user_id == user))
    return {(row["project_id"], row["source"]): row["role"] for row in rows}


def told(db: Database) -> list[tuple[str, str]]:
    with db.look() as look:
        found = [(one.kind, one.data) for one in log.read(look, 0, at_most=1000)]
    return [(kind.removeprefix("permission."), data) for kind, data in found if kind.startswith("permission.")]


def test_the_strongest_role_counts_and_what_was_given_by_hand_comes_back(db: Database) -> None:
    made(db, role=Role.VIEWER)
    give(db, "devs", Role.DEVELOPER)
    give(db, "guests", Role.GUEST)
    says(db, "corp", "devs", "guests")
    assert role(db) == (Role.DEVELOPER, Role.VIEWER)
    says(db, "corp", "guests")
    assert role(db) == (Role.VIEWER, Role.VIEWER)  # a weaker group weakens nothing
    assert [kind for kind, data in told(db) if "user:ann" in data] == ["granted", "revoked"]


def test_a_role_given_by_hand_meanwhile_is_kept_when_the_group_is_gone(db: Database) -> None:
    made(db)
    made(db, "root", Role.ADMIN)
    give(db, "admins", Role.ADMIN)
    says(db, "corp", "admins")
    assert role(db) == (Role.ADMIN, Role.GUEST)
    db.write_now(lambda tx: people.change(tx, "ann", {"role": "developer"}, by="root"))
    assert role(db) == (Role.ADMIN, Role.DEVELOPER)
    says(db, "corp")
    assert role(db) == (Role.DEVELOPER, Role.DEVELOPER)


def test_one_belongs_to_a_group_as_long_as_one_source_says_so(db: Database) -> None:
    made(db)
    give(db, "devs", Role.DEVELOPER)
    says(db, "corp", "devs")
    says(db, "scim", "devs")
    says(db, "corp")
    assert role(db)[0] is Role.DEVELOPER
    db.write_now(lambda tx: groups.forget(tx, "scim"))
    assert role(db)[0] is Role.GUEST


def test_a_group_gives_a_role_in_a_project_beside_what_was_given_there_by_hand(db: Database) -> None:
    made(db)
    shop, forge = project(db), project(db, "FORGE")
    by_hand = {"project_id": shop, "user_id": "ann", "source": "given", "role": "viewer", "made_by": "root"}
    db.write_now(lambda tx: tx.change(schema.members.insert().values(**by_hand, made_at=tx.now())))
    one = give(db, "devs", Role.VIEWER, shop)
    give(db, "leads", Role.DEVELOPER, shop)
    says(db, "corp", "devs", "leads", "unheard of")
    assert belongs(db) == {(shop, "given"): "viewer", (shop, "group"): "developer"}
    give(db, "devs", Role.ADMIN, forge)  # from now on, for who belongs already
    assert belongs(db)[forge, "group"] == "admin"
    says(db, "corp", "devs")
    assert belongs(db)[shop, "group"] == "viewer"
    db.write_now(lambda tx: groups.take(tx, one.id, by=OWNER))
    assert belongs(db) == {(shop, "given"): "viewer", (forge, "group"): "admin"}
    assert role(db) == (Role.GUEST, Role.GUEST)
    with db.look() as look:
        assert [(found.group, found.people) for found in groups.roles(look)] == [("devs", 1), ("leads", 0)]


def test_the_last_administrator_stays_one_whatever_the_groups_say(db: Database) -> None:
    made(db)
    give(db, "admins", Role.ADMIN)
    says(db, "corp", "admins")
    says(db, "corp")
    assert role(db) == (Role.ADMIN, Role.GUEST)
    made(db, "root", Role.ADMIN)
    says(db, "corp")
    assert role(db) == (Role.GUEST, Role.GUEST)


def test_a_role_is_given_once_for_a_group_and_a_place(db: Database) -> None:
    first = give(db, "devs", Role.VIEWER)
    assert give(db, " devs ", Role.DEVELOPER) == groups.GroupRole(first.id, "devs", None, Role.DEVELOPER, 0)
    for wrong in ("", " ", "x" * 256, "a\nb"):
        with pytest.raises(Invalid):
            give(db, wrong, Role.VIEWER)
    with pytest.raises(ProjectNotFound):
        give(db, "devs", Role.VIEWER, ProjectId(99))
    with pytest.raises(GroupRoleNotFound):
        db.write_now(lambda tx: groups.take(tx, 99, by=OWNER))


# ── whom a subject is ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(tmp_path_factory.mktemp("vault"))


def put(
    db: Database,
    vault: Vault,
    issuer: str = "https://login.example",
    *,
    secret: str | None = "hidden",  # noqa: S107 - of the tests
    **settings: object,
) -> Provider:
    made = Settings.model_validate(settings)

    def work(tx: Tx) -> Provider:
        return providers.put(
            tx, vault, "corp", kind="oidc", issuer=issuer, client_id="hub", secret=secret, settings=made, by=OWNER
        )

    return db.write_now(work)


def enter(db: Database, provider: Provider, identity: Identity) -> str:
    return db.write_now(lambda tx: identities.enter(tx, provider, identity, None)).id


def test_a_subject_stays_the_same_user_and_a_name_that_is_taken_gets_a_number(db: Database, vault: Vault) -> None:
    corp = put(db, vault, sign_up=True)
    made(db, "zoe")
    assert enter(db, corp, Identity("1", login="Zoë Smith@corp")) == "zo-smith"
    assert enter(db, corp, Identity("2", login="zoe")) == "zoe-2"
    assert enter(db, corp, Identity("3", email="zoe@x.example")) == "zoe-3"
    assert enter(db, corp, Identity("4", name="\u202e")) == "user"
    assert enter(db, corp, Identity("2", login="another", email="another@x.example")) == "zoe-2"


def test_nobody_waits_under_an_address_that_the_provider_is_not_believed(db: Database, vault: Vault) -> None:
    corp = put(db, vault, sign_up=True)
    enter(db, corp, Identity("1", login="mallory", email="ann@x.example"))
    with db.look() as look:
        assert people.find_by_email(look, "ann@x.example") is None
    corp = put(db, vault, sign_up=True, trusts_email=True)
    assert enter(db, corp, Identity("2", login="ann", email="ann@x.example")) == "ann"
    assert enter(db, corp, Identity("3", login="new", email="ann@x.example")) == "ann"


def test_subjects_and_groups_of_another_issuer_are_forgotten_and_so_are_those_of_a_provider_that_is_gone(
    db: Database, vault: Vault
) -> None:
    made(db, "root", Role.ADMIN)
    give(db, "admins", Role.ADMIN)
    corp = put(db, vault, sign_up=True, groups="groups")
    ann = enter(db, corp, Identity("1", login="ann", groups=("admins",)))
    assert role(db) == (Role.ADMIN, Role.GUEST)
    assert put(db, vault, sign_up=True, groups="groups") != corp  # the same issuer: all stays
    assert enter(db, corp, Identity("1", groups=("admins",))) == ann
    with pytest.raises(Invalid):
        put(db, vault, "https://elsewhere.example", secret=None)  # it would be shown the secret of this one
    elsewhere = put(db, vault, "https://elsewhere.example", sign_up=True)
    assert role(db)[0] is Role.GUEST
    assert enter(db, elsewhere, Identity("1", login="ann")) == "ann-2"
    db.write_now(lambda tx: providers.remove(tx, "corp", by=OWNER))
    with db.look() as look:
        assert identities.of_user(look, "ann-2") == []
        assert look.scalar(sa.select(schema.secrets.c.name)) is None


def test_the_last_way_in_is_not_taken_away_and_an_account_is_one_users_alone(db: Database, vault: Vault) -> None:
    corp = put(db, vault, sign_up=True)
    ann = enter(db, corp, Identity("1", login="ann"))
    made(db, "bob")
    with pytest.raises(Refused):
        db.write_now(lambda tx: identities.link(tx, corp, Identity("1"), "bob", by=OWNER))
    with pytest.raises(IdentityNotFound):
        db.write_now(lambda tx: identities.unlink(tx, "bob", "corp", ways_left=1, by=OWNER))
    with pytest.raises(LastWayIn):
        db.write_now(lambda tx: identities.unlink(tx, ann, "corp", ways_left=0, by=OWNER))
    db.write_now(lambda tx: identities.unlink(tx, ann, "corp", ways_left=1, by=OWNER))


def test_a_way_is_ended_once_by_its_browser_and_a_code_is_taken_over_once_by_its_program(db: Database) -> None:
    def end(state: str, browser: str | None, provider: str = "corp") -> Trip | str:
        return db.write_now(lambda tx: round_trips.end(tx, provider, state, browser))

    trip = db.write_now(lambda tx: round_trips.begin(tx, Plan("corp", "/x")))
    kept = end(trip.state, trip.browser)
    assert isinstance(kept, Trip)
    assert (kept.plan, kept.nonce, kept.verifier) == (Plan("corp", "/x"), trip.nonce, trip.verifier)
    assert "has ended" in str(end(trip.state, trip.browser))
    trip = db.write_now(lambda tx: round_trips.begin(tx, Plan("corp")))
    assert "another browser" in str(end(trip.state, None))
    assert "has ended" in str(end(trip.state, trip.browser))
    code = db.write_now(lambda tx: round_trips.hand_over(tx, Handed("ann", "oidc:corp", 5.0), challenge_of("right")))
    with pytest.raises(HandedOverUnknown):
        db.write_now(lambda tx: round_trips.take_over(tx, code, "wrong"))
    assert db.write_now(lambda tx: round_trips.take_over(tx, code, "right")) == Handed("ann", "oidc:corp", 5.0)
    with pytest.raises(HandedOverUnknown):
        db.write_now(lambda tx: round_trips.take_over(tx, code, "right"))


# ── where calls may go ─────────────────────────────────────────────────────────────────────────────────────────────

PUBLIC, PRIVATE, HERE = Bounds(), Bounds(private=True), Bounds(loopback=True)


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("10.0.0.1", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("64:ff9b::7f00:1", False, False),
        ("2002:7f00:1::", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),  # noqa: S104 - it is refused
        ("224.0.0.1", False, False),
        ("240.0.0.1", False, False),
    ],
)
def test_calls_go_to_what_is_public_and_to_private_networks_only_where_that_was_said(
    address: str, public: bool, private: bool
) -> None:
    assert outgoing.may_reach(ipaddress.ip_address(address), PUBLIC) is public
    assert outgoing.may_reach(ipaddress.ip_address(address), PRIVATE) is private


@pytest.mark.parametrize("url", ["http://x.example", "ftp://x.example", "https://a@x.example", "https://x.example#a", "x", "http://127.0.0.1.x.example", "https://", "http://[::1"])  # fmt: skip
def test_what_is_not_spoken_with_by_tls_is_not_called(url: str) -> None:
    with pytest.raises(AddressRefused):
        outgoing.checked(url, HERE)


@pytest.mark.anyio
async def test_a_name_that_leads_to_this_machine_is_not_called_for_it() -> None:
    assert outgoing.bounds_of("http://127.0.0.1:9/x", private=False) == HERE
    assert outgoing.checked("http://localhost:9/x", HERE).port == 9
    with pytest.raises(AddressRefused):
        outgoing.checked("http://localhost:9/x", PRIVATE)
    with pytest.raises(AddressRefused):
        await outgoing.call("GET", "https://localhost:9/x", PRIVATE, seconds=5)
    with pytest.raises(CallFailed):
        await outgoing.call("GET", "http://127.0.0.1:9/x", HERE, seconds=5)
    with pytest.raises(CallFailed):
        await outgoing.call("GET", "https://no-such-name.invalid/", PUBLIC, seconds=5)
