"""What is known of a pixel's access token: TikTok's verdict in a closed set, in words, and the row that keeps it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class TokenVerdict(StrEnum):
    """What TikTok's answer says of a token."""

    GOOD = "good"  #: an event for this pixel was taken with it
    UNPROVEN = "unproven"  #: TikTok knows it; nothing shows yet that it may report to this pixel
    WRONG_ACCOUNT = "wrong_account"
    WRONG_SCOPE = "wrong_scope"
    EXPIRED = "expired"  #: or revoked, or never one
    EMPTY = "empty"
    APP_FORBIDDEN = "app_forbidden"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"  #: no answer, or one of a broken server
    UNEXPECTED = "unexpected"  #: an answer that says nothing certain of the token

    @property
    def refused(self) -> bool:
        """Return whether TikTok refuses the token."""
        return self in _REFUSED

    @property
    def sentence(self) -> str:
        """What happened."""
        return _WORDS[self][0]

    @property
    def advice(self) -> str:
        """What to do; empty where there is nothing to do."""
        return _WORDS[self][1]


_REFUSED = frozenset(
    {
        TokenVerdict.WRONG_ACCOUNT,
        TokenVerdict.WRONG_SCOPE,
        TokenVerdict.EXPIRED,
        TokenVerdict.EMPTY,
        TokenVerdict.APP_FORBIDDEN,
    }
)

_WORDS: Mapping[TokenVerdict, tuple[str, str]] = {
    TokenVerdict.GOOD: ("TikTok took an event for this pixel with the token.", ""),
    TokenVerdict.UNPROVEN: (
        "TikTok knows the token. Not proven yet: that it may report to this pixel.",
        "Turn on the test code that Events Manager shows and save the token again, or wait for the first event.",
    ),
    TokenVerdict.WRONG_ACCOUNT: (
        "The token has no right to this pixel: it belongs to another ad account.",
        "Generate a token in Events Manager in the settings of this pixel, or share the pixel with that account.",
    ),
    TokenVerdict.WRONG_SCOPE: (
        "The token may not report events.",
        "Give its app the permission to report conversion events, authorise it again, and save the new token.",
    ),
    TokenVerdict.EXPIRED: (
        "The token is wrong, expired or revoked.",
        "Generate a new one in Events Manager: the pixel, Settings, Events API. Copy it whole.",
    ),
    TokenVerdict.EMPTY: ("TikTok saw no token.", "Copy the token whole, and save it again."),
    TokenVerdict.APP_FORBIDDEN: (
        "TikTok does not let the app of this token use the Events API.",
        "Look at the app in TikTok's developer portal, or use a token from Events Manager.",
    ),
    TokenVerdict.RATE_LIMITED: (
        "TikTok gets too many requests from this app, so the token is not tried.",
        "Save it again in 5 minutes. Events are sent with it all the same.",
    ),
    TokenVerdict.UNREACHABLE: (
        "TikTok cannot be reached, so the token is not tried.",
        "Check the network of this machine and save it again. Events are sent with it all the same.",
    ),
    TokenVerdict.UNEXPECTED: (
        "TikTok's answer says nothing certain of the token.",
        "Read its message, and check the pixel's code and its test code.",
    ),
}


class TokenCheck(Struct, frozen=True):
    """The newest word on the token that a pixel has; never the token."""

    workspace: str
    pixel: str
    at_ms: int
    verdict: TokenVerdict
    code: int | None = None  #: TikTok's
    message: str = ""  #: TikTok's, or ours where it gave no answer
    request_id: str = ""
    proven: bool = False  #: an event was taken with it
    failing_since_ms: int | None = None  #: since when TikTok refuses this token, or those before it

    @property
    def answer(self) -> str:
        """TikTok's answer in one line."""
        code = f"code {self.code}" if self.code is not None else "no code"
        request = f"request {self.request_id}" if self.request_id else ""
        return ", ".join(part for part in (code, self.message.rstrip(" ."), request) if part)


class KnownTokens(Protocol):
    """The part of a store that tells the newest word on each token. Synchronous; raises StorageError."""

    def find(self, workspace: str, pixel: str) -> TokenCheck | None:
        """Return what is known of a pixel's token, or None where it was never tried."""
        ...

    def all(self) -> Sequence[TokenCheck]:
        """Return what is known of all tokens."""
        ...


class TokenChecks(KnownTokens, Protocol):
    """The part that writes it as well."""

    def save(self, check: TokenCheck) -> None:
        """Write down the newest word; it replaces the one before."""
        ...

    def forget(self, workspace: str, pixel: str) -> None:
        """Forget what was known of a pixel's token."""
        ...
