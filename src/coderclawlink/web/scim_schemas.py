"""What the hub says of its SCIM interface (RFC 7643, 5 to 7): what it can, which resources there are, and what they hold.

Above: `scim`, whose routes tell it. Only what is kept is told: a directory that looks sends no more.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from coderclawlink.access.directory import LISTED_AT_MOST

Document = dict[str, JsonValue]

ROOT = "/scim/v2"
_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
USER, GROUP = f"{_CORE}User", f"{_CORE}Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def _attribute(name: str, what: str, **more: JsonValue) -> Document:
    """With the RFC's defaults for what is not said."""
    return {
        "name": name,
        "description": what,
        "type": "string",
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
        **more,
    }


def _complex(name: str, what: str, *parts: Document, **more: JsonValue) -> Document:
    return _attribute(name, what, type="complex", subAttributes=list(parts), **more)


_USER: list[JsonValue] = [
    _attribute("userName", "What the person is called in the directory.", required=True, uniqueness="server"),
    _attribute("displayName", "What the hub calls the person; else the name's parts."),
    _complex(
        "name",
        "The name's parts.",
        _attribute("formatted", "The whole name."),
        _attribute("familyName", "The family's."),
        _attribute("givenName", "The person's own."),
        _attribute("middleName", "Those between."),
    ),
    _complex(
        "emails",
        "The primary one, else that of work, is the one to sign in with.",
        _attribute("value", "The address."),
        _attribute("display", "As it is shown."),
        _attribute("type", "What kind it is.", canonicalValues=["work", "home", "other"]),
        _attribute("primary", "Whether it counts first.", type="boolean"),
        multiValued=True,
    ),
    _attribute(
        "active", "Whether the person may sign in. False ends all sessions at once.", type="boolean", required=True
    ),
    _complex(
        "groups",
        "Those that the person is in.",
        _attribute("value", "The group's id.", mutability="readOnly"),
        _attribute(
            "$ref", "Where it is.", type="reference", referenceTypes=["Group"], caseExact=True, mutability="readOnly"
        ),
        _attribute("display", "Its name.", mutability="readOnly"),
        _attribute("type", "How.", canonicalValues=["direct"], mutability="readOnly"),
        multiValued=True,
        mutability="readOnly",
    ),
]
_GROUP: list[JsonValue] = [
    _attribute("displayName", "Its name, which roles are given by.", required=True, uniqueness="server"),
    _complex(
        "members",
        "The people in it.",
        _attribute("value", "The user's id.", mutability="immutable"),
        _attribute(
            "$ref", "Where it is.", type="reference", referenceTypes=["User"], caseExact=True, mutability="immutable"
        ),
        _attribute("type", "What it is.", canonicalValues=["User"], mutability="immutable"),
        multiValued=True,
    ),
]


def schemas(base: str) -> Mapping[str, Document]:
    """By their URN. `base`: the URL under which people reach the hub."""
    told: tuple[tuple[str, str, str, list[JsonValue]], ...] = (
        (USER, "User", "Somebody who signs in.", _USER),
        (GROUP, "Group", "A group of people.", _GROUP),
    )
    return {
        urn: {
            "schemas": [f"{_CORE}Schema"],
            "id": urn,
            "name": name,
            "description": what,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}{ROOT}/Schemas/{urn}"},
        }
        for urn, name, what, attributes in told
    }


def resource_types(base: str) -> Mapping[str, Document]:
    """By their ids."""
    return {
        name: {
            "schemas": [f"{_CORE}ResourceType"],
            "id": name,
            "name": name,
            "description": what,
            "endpoint": f"/{name}s",
            "schema": urn,
            "meta": {"resourceType": "ResourceType", "location": f"{base}{ROOT}/ResourceTypes/{name}"},
        }
        for name, what, urn in (("User", "Somebody who signs in.", USER), ("Group", "A group of people.", GROUP))
    }


def provider(base: str) -> Document:
    """What is supported."""
    no: Document = {"supported": False}
    return {
        "schemas": [f"{_CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": LISTED_AT_MOST},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "A token",
                "description": "Of a program's account, with the scope admin:users.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}{ROOT}/ServiceProviderConfig"},
    }
