"""Signing in by OpenID Connect, as the party that relies on a provider (OpenID Connect Core 1.0 with discovery, PKCE and RFC 9207).

Above: signing in at a provider. Below: `outgoing`, which calls it; joserfc, which checks signatures. Nothing is believed that is not said by the
very issuer, to this hub, for this sign-in, and now: each thing that does not hold is refused with a sentence of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Annotated
from urllib.parse import quote

import httpx2
from joserfc import jws
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from coderclawlink.access import outgoing
from coderclawlink.access.described import Described, Documents, Key, full_name
from coderclawlink.access.identities import SUBJECT_AT_MOST, Identity, Refused, address, plain, unusable
from coderclawlink.access.outgoing import AddressRefused, CallFailed
from coderclawlink.access.providers import Provider

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Never `none`, and none of those whose key both sides know."""
KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
ANEW_SECONDS = 300.0
"""Who is asked to show again who it is has to have done so within this time."""
LEEWAY_SECONDS = 60
"""Clocks may differ by so much."""


class _Known(jws.JWSRegistry):
    algorithms = {name: jws.JWSRegistry.algorithms[full_name(name)] for name in ALGORITHMS}  # noqa: RUF012 - as it is declared above


_KNOWN = _Known(algorithms=list(ALGORITHMS), strict_check_header=False)
"""Headers that nobody knows are passed over, as they are to be; one that must be understood (`crit`) is refused."""


class _Tokens(BaseModel):
    id_token: str
    access_token: str | None = None


class _Claims(BaseModel):
    """Those of an ID token. Others, as that of groups, are kept beside them."""

    model_config = ConfigDict(extra="allow", strict=True)

    iss: str
    sub: Annotated[str, Field(min_length=1, max_length=SUBJECT_AT_MOST)]
    aud: str | list[str]
    exp: FiniteFloat
    iat: FiniteFloat
    nbf: FiniteFloat | None = None
    nonce: str | None = None
    azp: str | None = None
    at_hash: str | None = None
    auth_time: FiniteFloat | None = None


def way_to(
    provider: Provider, described: Described, *, state: str, nonce: str, verifier: str, back: str, anew: bool = False
) -> str:
    """Where a browser is sent to sign in. `back`: where it is sent then. `anew`: also who has signed in there shall show who it is."""
    scopes = dict.fromkeys(("openid", *provider.settings.scopes))
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": " ".join(scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    } | ({"prompt": "login", "max_age": "0"} if anew else {})
    return str(httpx2.URL(described.authorization_endpoint).copy_merge_params(asked))


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636)."""
    return _base64url(hashlib.sha256(verifier.encode()).digest())


def require_issuer(provider: Provider, described: Described, iss: str | None) -> None:
    """The answer came from this provider, and is not another's that was led here (RFC 9207). Raises `Refused`."""
    if iss is None and not described.authorization_response_iss_parameter_supported:
        return
    if iss != provider.issuer:
        raise Refused("trip", "The answer is another provider's than that which was asked.")


async def redeem(
    documents: Documents,
    provider: Provider,
    secret: str | None,
    *,
    code: str,
    verifier: str,
    nonce: str,
    back: str,
    now: float,
    anew: bool = False,
) -> Identity:
    """Who has signed in there, for the code that it gave the browser. `anew`: and only just. Raises `Refused`."""
    described = await documents.described(provider)
    tokens = await _exchange(provider, described, secret, code=code, verifier=verifier, back=back)
    keys = await documents.keys(provider, described)
    key = _key_for(tokens.id_token, keys)
    if key is None:  # it may have new ones
        key = _key_for(tokens.id_token, await documents.keys(provider, described, fresh=True))
    claims = verify(provider, tokens.id_token, key, nonce=nonce, access_token=tokens.access_token, now=now)
    if anew and (claims.auth_time is None or now - claims.auth_time > ANEW_SECONDS):
        raise _wrong("it does not say that somebody has just shown who it is (auth_time)")
    told = dict(claims.model_extra or {})
    wanted = [name for name in ("email", provider.settings.groups) if name is not None]
    if described.userinfo_endpoint and tokens.access_token and any(name not in told for name in wanted):
        told = await _userinfo(provider, described.userinfo_endpoint, tokens.access_token, claims.sub) | told
    return _identity(provider, claims, told)


def verify(
    provider: Provider, id_token: str, key: Key | None, *, nonce: str, access_token: str | None, now: float
) -> _Claims:
    """The claims of an ID token, once all of it holds. `now`: seconds since the epoch. Raises `Refused`."""
    algorithm = _header(id_token).get("alg")
    if algorithm not in ALGORITHMS:
        raise _wrong(f"it is signed by {str(algorithm)[:20]}, which is not believed")
    if key is None:
        raise _wrong("it is signed with a key that the provider does not have")
    try:
        signed = jws.deserialize_compact(id_token, key, registry=_KNOWN)
    except (JoseError, ValueError, TypeError) as error:
        raise _wrong("its signature does not hold") from error
    try:
        claims = _Claims.model_validate_json(signed.payload)
    except ValidationError as error:
        first = error.errors()[0]["loc"]
        raise _wrong(f"its claim {first[0] if first else 'set'} is missing or malformed") from error
    if not claims.sub.isprintable():
        raise _wrong("its subject is no name")
    if claims.iss != provider.issuer:
        raise _wrong("another issuer has made it")
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if provider.client_id not in audiences:
        raise _wrong("it was made for another than this hub")
    if (len(audiences) > 1 or claims.azp is not None) and claims.azp != provider.client_id:
        raise _wrong("it was made out to another than this hub (azp)")
    if now >= claims.exp + LEEWAY_SECONDS:
        raise _wrong("it has expired")
    if claims.iat > now + LEEWAY_SECONDS:
        raise _wrong("it comes from the future: compare the clocks")
    if claims.nbf is not None and claims.nbf > now + LEEWAY_SECONDS:
        raise _wrong("it does not hold yet")
    if claims.nonce is None or not hmac.compare_digest(claims.nonce.encode(), nonce.encode()):
        raise _wrong("it was made for another sign-in (nonce)")
    if claims.at_hash is not None and claims.at_hash != _half_hash(str(algorithm), access_token or ""):
        raise _wrong("it does not belong to the access token that came with it (at_hash)")
    return claims


async def check(provider: Provider) -> list[str]:
    """What is wrong with a provider, as far as can be seen without signing in, a sentence each."""
    documents = Documents()
    try:
        described = await documents.described(provider)
        keys = await documents.keys(provider, described)
    except Refused as error:
        return [error.message]
    found = []
    if not set(ALGORITHMS) & set(described.id_token_signing_alg_values_supported):
        found.append(f"It signs with none of {', '.join(ALGORITHMS)}.")
    if not keys:
        found.append("It has no key that a signature could be checked with.")
    if described.code_challenge_methods_supported and "S256" not in described.code_challenge_methods_supported:
        found.append("It does not know PKCE with S256.")
    known = set(described.token_endpoint_auth_methods_supported)
    if provider.has_secret and not known & {"client_secret_basic", "client_secret_post"}:
        found.append(f"It takes no client secret, only {', '.join(sorted(known))}.")
    if not provider.has_secret and "none" not in known:
        found.append("It wants a client secret, and none is set.")
    return found


async def _exchange(
    provider: Provider, described: Described, secret: str | None, *, code: str, verifier: str, back: str
) -> _Tokens:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    headers = {}
    if secret is None:
        form["client_id"] = provider.client_id
    elif "client_secret_basic" in described.token_endpoint_auth_methods_supported:
        pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    try:
        answer = await outgoing.call("POST", described.token_endpoint, provider.bounds, headers=headers, form=form)
        found = answer.json()
    except (CallFailed, AddressRefused) as error:
        raise unusable(provider, error.message) from error
    if answer.status != 200:
        raise Refused("provider", f"{provider.label} does not take what it gave the browser: {said_wrong(found)}.")
    try:
        tokens = _Tokens.model_validate(found)
    except ValidationError as error:
        raise _wrong("there is none") from error
    return tokens


async def _userinfo(provider: Provider, url: str, access_token: str, subject: str) -> dict[str, object]:
    try:
        answer = await outgoing.call("GET", url, provider.bounds, headers={"Authorization": f"Bearer {access_token}"})
        found = _OBJECT.validate_python(answer.json())
    except (CallFailed, AddressRefused, ValidationError) as error:
        raise unusable(provider, "it does not tell who somebody is") from error
    if answer.status != 200 or found.get("sub") != subject:
        raise _wrong("what is told beside it is of somebody else")
    return found


_OBJECT = TypeAdapter(dict[str, object])


def _identity(provider: Provider, claims: _Claims, told: dict[str, object]) -> Identity:
    is_verified = told.get("email_verified") in (True, "true")
    named = None
    if provider.settings.groups is not None:
        claim = told.get(provider.settings.groups)
        several = claim if isinstance(claim, list) else [claim]
        named = tuple(name for one in several if (name := plain(one)) is not None)
    email = address(told.get("email")) if is_verified else None
    login, name = plain(told.get("preferred_username")), plain(told.get("name"))
    return Identity(claims.sub, login, name, email, named, claims.auth_time)


def _key_for(id_token: str, keys: list[Key]) -> Key | None:
    """The one that the token names; where it names none, the only one that fits."""
    header = _header(id_token)
    algorithm = str(header.get("alg"))
    fitting = [
        key
        for key in keys
        if key.key_type == KEY_TYPES.get(algorithm) and key.get("alg") in (None, full_name(algorithm))
    ]
    if (kid := header.get("kid")) is not None:
        fitting = [key for key in fitting if key.get("kid") == kid]
    return fitting[0] if len(fitting) == 1 else None


def _header(id_token: str) -> dict[str, object]:
    try:
        return dict(jws.extract_compact(id_token.encode()).headers())
    except (JoseError, ValueError, TypeError, UnicodeError) as error:
        raise _wrong("it is no signed token") from error


def _half_hash(algorithm: str, text: str) -> str:
    digest = (hashlib.sha512 if KEY_TYPES[algorithm] == "OKP" else hashlib.sha256)(text.encode()).digest()
    return _base64url(digest[: len(digest) // 2])


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def said_wrong(found: object) -> str:
    """What an answer of OAuth says that is wrong, to be shown."""
    if isinstance(found, dict):
        words = [str(found[name]) for name in ("error", "error_description") if found.get(name)]
        if words:
            return "".join(one for one in ", ".join(words) if one.isprintable())[:300]
    return "it does not say why"


def _wrong(what: str) -> Refused:
    return Refused("token", f"The provider's ID token is not valid: {what}.")
