"""
Scripted trouble: what should go wrong, for which requests, and how often.

A script is matched before a request is handled; the share is spread evenly (0.25 is each fourth request), so that a
run can be repeated exactly.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tiktok_emulator.answers import Code


class Kind(StrEnum):
    """What can be made to happen."""

    CODE = "code"  #: Answer with `code`, `message` and perhaps `status`.
    STATUS = "status"  #: Answer with a bare HTTP `status` and no envelope.
    RATE_LIMIT = "rate_limit"  #: 40100 with HTTP 401, or with `status` 429 or 200; `retry_after_seconds` if set.
    PARTIAL = "partial"  #: 20001; `take_share` of the events are taken.
    DELAY = "delay"  #: Answer `seconds` late.
    HANG = "hang"  #: Never answer; the connection stays open until the sender closes it or `seconds` are over.
    RESET = "reset"  #: Reset the connection.
    HTML_502 = "html_502"  #: A proxy's error page.
    TRUNCATED = "truncated"  #: Half of the answer, then the connection closes.
    SLOW_BODY = "slow_body"  #: The answer byte by byte over `seconds`.
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 -- 40105.
    TOKEN_FOREIGN = "token_foreign"  # noqa: S105 -- 40001, as for a pixel of another account.


NotNegative = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of trouble."""

    kind: Kind
    times: NotNegative | None = None  #: How often; None is until it is taken away.
    share: Share = 1.0  #: Of the matching requests.
    pixel: str = ""  #: Only for this pixel or set; empty is all.
    path: str = ""  #: Only for paths that contain this; empty is all.
    when: Literal["before", "after"] | None = None  #: Before or after the events are taken; None: as the kind suggests.
    seconds: Annotated[float, Meta(ge=0)] | None = None  #: None: 60 for a hang, else 1.
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    code: int = 50000
    message: str = "Internal service error"
    retry_after_seconds: NotNegative | None = None
    take_share: Share = 1.0

    @property
    def duration_seconds(self) -> float:
        """How long the delay, hang or slow answer lasts."""
        if self.seconds is not None:
            return self.seconds
        return 60.0 if self.kind is Kind.HANG else 1.0

    @property
    def takes_events(self) -> bool:
        """Whether the events count although something goes wrong."""
        if self.when is not None:
            return self.when == "after"
        return self.kind in (Kind.DELAY, Kind.SLOW_BODY, Kind.TRUNCATED, Kind.PARTIAL)


class Planned(msgspec.Struct):
    """A script at work."""

    id: int
    script: Script
    matched: int = 0
    hit: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has happened as often as asked for."""
        return self.script.times is not None and self.hit >= self.script.times


class Troubles:
    """All scripts, in the order in which they were given; the first that applies wins."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []
        self._count = 0

    def add(self, script: Script) -> Planned:
        """Plan a script."""
        self._count += 1
        planned = Planned(self._count, script)
        self.planned.append(planned)
        return planned

    def remove(self, number: int | None = None) -> None:
        """Take away one script, or all."""
        self.planned = [each for each in self.planned if number is not None and each.id != number]

    def next_for(self, path: str, pixel: str) -> Script | None:
        """Find what happens to a request, and note that it did."""
        for planned in self.planned:
            if not planned.spent and _matches(planned.script, path, pixel) and _is_turn(planned):
                planned.hit += 1
                return planned.script
        return None


def _matches(script: Script, path: str, pixel: str) -> bool:
    return script.path in path and script.pixel in ("", pixel)


def _is_turn(planned: Planned) -> bool:
    before = int(planned.matched * planned.script.share)
    planned.matched += 1
    return int(planned.matched * planned.script.share) > before


def answer_of(script: Script) -> tuple[int, str, int | None]:
    """Return code, message and HTTP status (None: the usual pair) of the kinds that answer with an envelope."""
    match script.kind:
        case Kind.RATE_LIMIT:
            return Code.TOO_FREQUENT, "Too many requests. Please retry in some time.", script.status or 401
        case Kind.TOKEN_REVOKED:
            return Code.INVALID_TOKEN, "Access token is incorrect or has been revoked.", script.status
        case Kind.TOKEN_FOREIGN:
            return Code.PERMISSION, permission_message(script.pixel), script.status
        case Kind.PARTIAL:
            return Code.PARTIAL_OK, "Partial success", script.status
        case _:
            return script.code, script.message, script.status


def permission_message(pixel: str) -> str:
    """Word 40001 as the FAQ page does (tiktok.md 4.3)."""
    return f"No permission to operate pixel code: {pixel}. You must be an admin or operator of this advertiser account."
