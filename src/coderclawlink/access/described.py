"""What OpenID Connect providers tell of themselves: where their endpoints are, and the keys that they sign with; kept for some minutes.

Above: `oidc`. Below: `outgoing`. A description counts only where it says that it is of the very issuer that was set.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from coderclawlink.access import outgoing
from coderclawlink.access.identities import unusable
from coderclawlink.access.outgoing import AddressRefused, CallFailed
from coderclawlink.access.providers import Provider

KEPT_SECONDS = 300.0
"""For so long a provider's description and keys are not asked for again."""


Url = Annotated[str, Field(max_length=2000)]
Key = RSAKey | ECKey | OKPKey


def full_name(algorithm: str) -> str:
    """EdDSA is Ed25519, by the name that most providers use still (RFC 9864)."""
    return "Ed25519" if algorithm == "EdDSA" else algorithm


class Described(BaseModel):
    """What a provider tells of itself, as far as it is used here (OpenID Connect Discovery 1.0)."""

    model_config = ConfigDict(frozen=True)

    issuer: Url
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    userinfo_endpoint: Url | None = None
    end_session_endpoint: Url | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False


@dataclass
class Documents:
    """What providers have told of themselves, kept for some minutes."""

    _kept: dict[str, tuple[float, object]] = field(default_factory=dict)

    async def described(self, provider: Provider) -> Described:
        """Raises `Refused`."""
        url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._document(provider, url, fresh=False)
        try:
            described = Described.model_validate(found)
        except ValidationError as error:
            raise unusable(provider, "what it tells of itself is incomplete") from error
        if described.issuer != provider.issuer:
            raise unusable(provider, f"it says that it is {described.issuer}, not {provider.issuer}")
        try:
            for endpoint in (described.authorization_endpoint, described.token_endpoint, described.jwks_uri):
                outgoing.checked(endpoint, provider.bounds)
        except AddressRefused as error:
            raise unusable(provider, error.message) from error
        return described

    async def keys(self, provider: Provider, described: Described, *, fresh: bool = False) -> list[Key]:
        """Raises `Refused`."""
        found = await self._document(provider, described.jwks_uri, fresh=fresh)
        try:
            told = _KEYS.validate_python(found)["keys"]
            named = [{**key, "alg": full_name(str(key["alg"]))} if "alg" in key else key for key in told]
            keys = KeySet.import_key_set({"keys": named}).keys  # type: ignore[typeddict-item]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise unusable(provider, "its keys cannot be read") from error
        return [one for one in keys if isinstance(one, Key) and one.get("use") in (None, "sig")]

    async def _document(self, provider: Provider, url: str, *, fresh: bool) -> object:
        kept = self._kept.get(url)
        if kept is not None and not fresh and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            answer = await outgoing.call("GET", url, provider.bounds)
            if answer.status != 200:
                raise CallFailed(f"{url} answers {answer.status}")
            found = answer.json()
        except (CallFailed, AddressRefused) as error:
            raise unusable(provider, error.message) from error
        self._kept[url] = (time.monotonic(), found)
        return found

    def forget(self) -> None:
        """Ask for all of it anew."""
        self._kept.clear()


_KEYS = TypeAdapter(dict[str, list[dict[str, object]]])
