"""
OpenID Connect: people sign in at a provider, and come back with a code (OpenID Connect Core 1.0, 3.1).

The way there carries a state, which only works in the browser that left and only once, a nonce, which the provider
signs, and a proof key (PKCE, RFC 7636). Whether a token is genuine is decided by authlib and its joserfc; that it says
a verified address that the operator listed, is decided here.
"""

import hmac
import secrets
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from msgspec import Struct

from twinbeam.admin.errors import NotVouched
from twinbeam.core.clock import MS_PER_SECOND, Clock
from twinbeam.core.users import Role, Vouched

_PENDING_SECONDS = 600
_MOST_PENDING = 1_000  #: who left longest ago begins again
_CACHED_SECONDS = 3_600
_LEEWAY_SECONDS = 60  #: by which the clocks may differ
_PATIENCE = aiohttp.ClientTimeout(total=10)
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]

_UNREACHABLE = "The sign-in provider does not answer as it should. Try again in a moment, or sign in with a password."
_STALE = "This sign-in was begun in another browser, or too long ago. Begin again."
_DOUBTFUL = "What the sign-in provider sent could not be verified. Begin again; if it happens again, tell an owner."
_REFUSED = "The sign-in provider did not let you in. Begin again, or ask whoever runs it."
_UNVERIFIED = "The sign-in provider does not say that your e-mail address is verified. Ask whoever runs it."
_UNKNOWN = "Your address is not on the list of those who may sign in here. Ask an owner."


class Registration(Struct, frozen=True):
    """What a provider and the operator agreed on."""

    issuer: str
    client_id: str
    client_secret: str
    return_url: str
    roles: tuple[tuple[str, Role], ...]  #: by address, or by domain of addresses


class _Left(Struct, frozen=True):
    """Somebody who was sent to the provider."""

    nonce: str
    verifier: str
    browser: str  #: hashed
    return_to: str
    until: float


class OpenIdConnect:
    """See web.contract.IdentityProvider for the promises."""

    def __init__(self, registration: Registration, clock: Clock) -> None:
        self._own = registration
        self._clock = clock
        self._left: OrderedDict[str, _Left] = OrderedDict()
        self._places: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = -float(_CACHED_SECONDS)

    async def begin(self, *, browser: str, return_to: str) -> str:
        """Return the address to send a browser to; raises NotVouched where the provider does not answer."""
        await self._discover()
        left = _Left(
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            browser=_hashed(browser),
            return_to=return_to,
            until=self._clock.monotonic() + _PENDING_SECONDS,
        )
        state = secrets.token_urlsafe(24)
        self._left[state] = left
        while len(self._left) > _MOST_PENDING:
            self._left.popitem(last=False)
        query = {
            "response_type": "code",
            "client_id": self._own.client_id,
            "redirect_uri": self._own.return_url,
            "scope": "openid email",
            "state": state,
            "nonce": left.nonce,
            "code_challenge": create_s256_code_challenge(left.verifier),
            "code_challenge_method": "S256",
        }
        place = str(self._places["authorization_endpoint"])
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    async def finish(self, query: Mapping[str, str], *, browser: str) -> tuple[Vouched, str]:
        """Return who came back and where they wanted to go; raises NotVouched."""
        left = self._left.pop(query.get("state", ""), None)
        if left is None or self._clock.monotonic() >= left.until:
            raise NotVouched(_STALE)
        if not hmac.compare_digest(left.browser, _hashed(browser)):
            raise NotVouched(_STALE)
        if "code" not in query:
            raise NotVouched(_REFUSED)
        await self._discover()
        # A provider that names itself must be the one that was asked (RFC 9207).
        if query.get("iss", self._own.issuer) != self._own.issuer:
            raise NotVouched(_DOUBTFUL)
        answer = await self._exchange(query["code"], left)
        claims = await self._claims(str(answer.get("id_token", "")), left.nonce, str(answer.get("access_token", "")))
        return self._vouched(claims), left.return_to

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        address = str(claims.get("email", "")).strip().lower()
        if address.count("@") != 1 or claims.get("email_verified") is not True:
            raise NotVouched(_UNVERIFIED)
        roles = dict(self._own.roles)
        role = roles.get(address) or roles.get(address.rpartition("@")[2])
        if role is None:
            raise NotVouched(_UNKNOWN)
        return Vouched(subject=f"{claims['iss']} {claims['sub']}", name=address, role=role)

    async def _claims(self, id_token: str, nonce: str, access_token: str) -> Mapping[str, Any]:
        """Return what a genuine token of this sign-in says; raises NotVouched."""
        options: Any = {
            "iss": {"essential": True, "value": self._own.issuer},
            "aud": {"essential": True, "value": self._own.client_id},
        }
        params = {"nonce": nonce, "client_id": self._own.client_id, "access_token": access_token}
        try:
            token = await self._decoded(id_token)
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=self._clock.now_ms() // MS_PER_SECOND, leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise NotVouched(_DOUBTFUL) from error
        return dict(claims)

    async def _decoded(self, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, key=await self._key_set(), registry=registry)
        except InvalidKeyIdError:  # it signs with a new key
            self._keys = None
            return jwt.decode(id_token, key=await self._key_set(), registry=registry)

    async def _key_set(self) -> KeySet:
        if self._keys is None:
            keys: Any = await self._ask("GET", str(self._places["jwks_uri"]))
            self._keys = KeySet.import_key_set(keys)
        return self._keys

    async def _discover(self) -> None:
        """Read where the provider's places are; they are kept for an hour."""
        now = self._clock.monotonic()
        if self._places and now - self._read_at < _CACHED_SECONDS:
            return
        found = await self._ask("GET", f"{self._own.issuer.rstrip('/')}/.well-known/openid-configuration")
        places = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self._own.issuer or not all(isinstance(found.get(name), str) for name in places):
            raise NotVouched(_UNREACHABLE)
        self._places, self._keys, self._read_at = found, None, now

    async def _exchange(self, code: str, left: _Left) -> dict[str, Any]:
        """Return the tokens that a code is worth."""
        login = f"{quote(self._own.client_id, safe='')}:{quote(self._own.client_secret, safe='')}"
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._own.return_url,
            "code_verifier": left.verifier,
        }
        headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        return await self._ask("POST", str(self._places["token_endpoint"]), data=fields, headers=headers)

    async def _ask(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        """Return what the provider answers, as JSON; raises NotVouched."""
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.request(method, url, allow_redirects=False, **request) as answer,
            ):
                body = await answer.read()
                if answer.status != 200:
                    raise NotVouched(_UNREACHABLE)
                return msgspec.json.decode(body, type=dict[str, Any])
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError, ValueError) as error:
            raise NotVouched(_UNREACHABLE) from error


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()
