"""What a setting is, and those about signing in; settings.py has all others and reads them."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from twinbeam.surroundings import is_loopback

PREFIX = "TWINBEAM_"
_LEAST_TOKEN_CHARS = 16


class Variable(Struct, frozen=True):
    """One environment variable: how it is read, and what the documentation says of it."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str

    is_secret: bool = False

    @property
    def variable(self) -> str:
        """The name in the environment."""
        return PREFIX + self.name.upper()


def public_url(text: str) -> str:
    """Read where people reach the pages; raises ValueError."""
    if not text:
        return ""
    parts = split_url(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with https:// (or http:// within a network of your own)")
    if parts.username is not None or parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError("write scheme, host and port alone, such as https://twinbeam.shop.example")
    return text.rstrip("/")


def issuer(text: str) -> str:
    """Read an OpenID Connect issuer; raises ValueError."""
    if not text:
        return ""
    parts = split_url(text)
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("write the issuer as the provider does, such as https://accounts.google.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("must begin with https:// (http:// is for a provider on 127.0.0.1)")
    return text


def roles(text: str) -> tuple[tuple[str, str], ...]:
    """Read who gets which role; raises ValueError."""
    found = []
    for pair in filter(None, map(str.strip, text.split(","))):
        who, separator, role = pair.rpartition("=")
        if not separator or not who.strip() or role.strip() not in {"owner", "member", "viewer"}:
            raise ValueError(
                "write addresses or domains with a role, such as shop.example=member,ada@shop.example=owner"
            )
        found.append((who.strip().lower(), role.strip()))
    return tuple(found)


def bearer_token(text: str) -> str:
    """Read a token that a program shows; raises ValueError."""
    if text and len(text) < _LEAST_TOKEN_CHARS:
        raise ValueError(f"write at least {_LEAST_TOKEN_CHARS} characters, such as what `openssl rand -hex 24` prints")
    return text


def split_url(text: str) -> SplitResult:
    """Return the parts of an address; raises ValueError."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"is no address: {error}") from error
    return parts


#: Those without which OpenID Connect cannot work.
_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_roles")

SIGN_IN = (
    Variable(
        "public_url",
        "",
        public_url,
        "Where people reach the pages through a proxy, such as https://twinbeam.shop.example; links begin with it.",
    ),
    Variable(
        "monitor_token",
        "",
        bearer_token,
        "Bearer token for /metrics and /readyz of the pages; without one, programs of this machine may ask.",
        is_secret=True,
    ),
    Variable(
        "oidc_issuer",
        "",
        issuer,
        "OpenID Connect: the provider that people may sign in by, such as https://accounts.google.com.",
    ),
    Variable("oidc_client_id", "", str, "OpenID Connect: the client id that the provider gave you."),
    Variable("oidc_client_secret", "", str, "OpenID Connect: the client secret that it gave you.", is_secret=True),
    Variable(
        "oidc_roles",
        "",
        roles,
        "OpenID Connect: who gets which role, such as shop.example=member,ada@shop.example=owner; nobody else gets in.",
    ),
)


def lacking(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings of OpenID Connect together."""
    missing = [PREFIX + name.upper() for name in _OIDC if not values[name]]
    told = f"{', '.join(missing)}: OpenID Connect needs these as well."
    return [told] if 0 < len(missing) < len(_OIDC) else []
