"""Filters and patches of SCIM, as the RFC writes them and as directories send them. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from coderclawlink.access import directory, scim_filter, scim_patch
from coderclawlink.access.scim_filter import Both, Compare, Either, InvalidFilter, Not
from coderclawlink.access.scim_patch import Document, InvalidOperation, InvalidPath, NoTarget
from coderclawlink.errors import Invalid

ANN: Document = {
    "userName": "ann",
    "name": {"givenName": "Ann", "familyName": "Lee"},
    "emails": [
        {"value": "ann@work.example", "type": "work", "primary": True},
        {"value": "a@home.example", "type": "home"},
    ],
    "active": True,
}


def test_and_binds_closer_than_or_and_brackets_closer_than_both() -> None:
    found = scim_filter.parse('userName eq "a" or externalId eq "b" and not (displayName sw "c")')
    assert found == Either(
        (
            Compare("username", "eq", "a"),
            Both((Compare("externalid", "eq", "b"), Not(Compare("displayname", "sw", "c")))),
        )
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('USERNAME EQ "x\\"y"', Compare("username", "eq", 'x"y')),
        ("active eq true", Compare("active", "eq", True)),
        ("externalId pr", Compare("externalid", "pr")),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"', Compare("username", "eq", "a")),
        (
            'emails[type eq "work"].value eq "a"',
            Both((Compare("emails.type", "eq", "work"), Compare("emails.value", "eq", "a"))),
        ),
    ],
)
def test_a_filter_is_read(text: str, found: scim_filter.Filter) -> None:
    assert scim_filter.parse(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "userName", "userName eq", "userName eq a", 'userName is "a"', '(userName eq "a"', 'userName eq "a" and'),
        *('"a" eq "a"', 'userName eq "a" "b"', 'a[b[c eq "d"]]', "(" * 50 + "a pr" + ")" * 50, "a" * 3000),
        *('userName eq "a', "a eq {}", "a eq NaN", ") pr", r'a eq "\u0000"', r'a eq "\ud800"'),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_and_not_failed_upon(text: str) -> None:
    with pytest.raises(InvalidFilter):
        scim_filter.parse(text)


@given(st.text(alphabet='ab()[]".\\ eqandornot1', max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        found = scim_filter.parse(text)
    except InvalidFilter:
        return
    scim_filter.matches(found, dict(ANN))


def patched(*operations: JsonValue) -> Document:
    return scim_patch.apply(ANN, operations, directory.NAMES)


@pytest.mark.parametrize(
    ("operation", "name", "becomes"),
    [
        ({"op": "replace", "path": "displayName", "value": "A"}, "displayName", "A"),
        ({"op": "Add", "path": "name.givenName", "value": "A"}, "name", {"givenName": "A", "familyName": "Lee"}),
        ({"op": "Replace", "value": {"name.familyName": "B"}}, "name", {"givenName": "Ann", "familyName": "B"}),
        ({"op": "replace", "value": {"name": {"GIVENNAME": "C"}}}, "name", {"givenName": "C", "familyName": "Lee"}),
        ({"op": "remove", "path": "name.givenName"}, "name", {"familyName": "Lee"}),
        ({"op": "remove", "path": "name"}, "name", None),
        ({"op": "Replace", "path": "active", "value": "False"}, "active", "False"),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, "emails", [ANN["emails"][0]]),  # type: ignore[index]
        ({"op": "remove", "path": "emails"}, "emails", []),
        ({"op": "add", "path": "emails", "value": [ANN["emails"][0]]}, "emails", ANN["emails"]),  # type: ignore[index]
        ({"op": "replace", "path": "emails", "value": {"value": "x@y"}}, "emails", [{"value": "x@y"}]),
        ({"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User:displayName": "D"}}, "displayName", "D"),
    ],
)  # fmt: skip
def test_an_operation_changes_one_place(operation: JsonValue, name: str, becomes: JsonValue) -> None:
    changed = patched(operation)
    assert changed.get(name) == becomes
    assert {**changed, name: None} == {**ANN, name: None}


def test_a_value_that_a_path_describes_is_made_where_there_is_none() -> None:
    bare: Document = {"userName": "ann"}
    made = scim_patch.apply(
        bare, [{"op": "Add", "path": 'emails[type eq "work"].value', "value": "x@y"}], directory.NAMES
    )
    assert made["emails"] == [{"type": "work", "value": "x@y"}]
    changed = patched({"op": "Replace", "path": 'emails[type eq "work"].value', "value": "x@y"})
    assert directory.read(changed).email == "x@y"


def test_members_are_taken_out_as_entra_and_as_okta_say_it() -> None:
    group: Document = {"displayName": "g", "members": [{"value": "1"}, {"value": "2"}, {"value": "3"}]}
    names = {"displayName": False, "members": True}
    entra: JsonValue = {"op": "Remove", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}
    okta: JsonValue = {"op": "remove", "path": 'members[value eq "1"]'}
    assert scim_patch.apply(group, [entra], names)["members"] == [{"value": "3"}]
    assert scim_patch.apply(group, [okta], names)["members"] == [{"value": "2"}, {"value": "3"}]


def test_what_is_not_kept_is_passed_over() -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    assert (
        patched(
            {"op": "Add", "path": "title", "value": "Dr"},
            {"op": "Add", "path": f"{enterprise}:department", "value": "Tour"},
            {"op": "Replace", "value": {"id": "x", "meta": {}, f"{enterprise}:manager": "y"}},
        )
        == ANN
    )


@pytest.mark.parametrize(
    ("operation", "refused"),
    [
        ({"op": "move", "path": "userName"}, InvalidOperation),
        ("add", InvalidOperation),
        ({"op": "add", "value": "x"}, InvalidOperation),
        ({"op": "remove"}, NoTarget),
        ({"op": "replace", "path": 'emails[value co "z"].display', "value": "x"}, NoTarget),
        ({"op": "replace", "path": "a b", "value": "x"}, InvalidPath),
        ({"op": "replace", "path": 'name[givenName eq "Ann"]', "value": "x"}, InvalidPath),
        ({"op": "replace", "path": "emails[type]", "value": "x"}, InvalidFilter),
    ],
)
def test_what_is_no_operation_is_refused(operation: JsonValue, refused: type[Invalid]) -> None:
    with pytest.raises(refused):
        patched(operation)


def test_of_several_addresses_the_primary_counts_then_that_of_work() -> None:
    emails: list[JsonValue] = [{"value": "h@x", "type": "home"}, {"value": "W@x", "type": "work"}]
    assert directory.read({"userName": "a", "emails": emails}).email == "w@x"
    several: list[JsonValue] = [{"value": "1@x", "primary": True}, {"value": "2@x", "primary": "True"}]
    said = directory.read({"USERNAME": "a", "Emails": several, "active": "False", "displayName": None})
    assert (said.email, said.active, [one.primary for one in said.emails]) == ("2@x", False, [False, True])


@pytest.mark.parametrize(
    "document", [{}, {"userName": ""}, {"userName": 1}, {"userName": "a", "emails": "x"}, {"userName": "a", "active": "x"}]
)  # fmt: skip
def test_a_document_that_says_nothing_of_use_is_refused(document: JsonValue) -> None:
    with pytest.raises(Invalid):
        directory.read(document)
