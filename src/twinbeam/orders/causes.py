"""
Money by cause: which orders TikTok has by the server's copy alone, which it lacks, and why. Pure.

Derived from what copies told of the buyer's page, of TikTok's own script and of the click; docs/concepts/orders.md says
how, and what cannot be known.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from twinbeam.core.outcomes import Reason
from twinbeam.orders.reconciliation import DECIDED, Cause, Result
from twinbeam.orders.sums import OrderPart

PAGE_TOLD = 1  #: the buyer's page reported it to the gateway
SCRIPT_MAY_HAVE = 2  #: TikTok's own script may have reported it, for all that its page says
SCRIPT_BLOCKED = 4  #: its page says that TikTok's own script is blocked
CLICK_LOST = 8  #: its page says that permission came after the landing page, so the click id was gone
HAS_CLICK = 16  #: a click id is among its match keys
AFTERWARDS = 32  #: it became a purchase long after it was placed, when no page was open any more

AFTERWARDS_MS = 30 * 60_000


class Effect(StrEnum):
    """What a cause did to the money."""

    RECOVERED = "recovered"
    WEAKENED = "weakened"
    LOST = "lost"
    UNKNOWN = "unknown"


class MoneyCause(StrEnum):
    """Why money was recovered or lost."""

    SCRIPT_BLOCKED = "script_blocked"
    AFTER_THE_VISIT = "after_the_visit"
    SCRIPT_SILENT = "script_silent"
    PAGE_SILENT = "page_silent"
    CLICK_LOST = "click_lost"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_NOT_ASKED = "consent_not_asked"
    CONSENT_CONTESTED = "consent_contested"
    NOTHING_FROM_PAGE = "nothing_from_page"
    SERVER_LATE = "server_late"
    REFUSED = "refused_by_tiktok"
    OTHERWISE = "otherwise"
    LEFT_TO_SCRIPT = "left_to_script"
    MAYBE_THERE = "maybe_there"
    NO_LONGER_KNOWN = "no_longer_known"


#: Of each cause: what it did, and how it is told, in the order in which it is shown.
CAUSES: Mapping[MoneyCause, tuple[Effect, str]] = {
    MoneyCause.SCRIPT_BLOCKED: (
        Effect.RECOVERED,
        "The buyer's page says that TikTok's script was blocked, and the gateway's copy was accepted.",
    ),
    MoneyCause.AFTER_THE_VISIT: (
        Effect.RECOVERED,
        "It became a purchase more than 30 minutes after it was placed, when no page was open to report it.",
    ),
    MoneyCause.SCRIPT_SILENT: (
        Effect.RECOVERED,
        "The buyer's page reported it, and says that TikTok's script did not.",
    ),
    MoneyCause.PAGE_SILENT: (
        Effect.RECOVERED,
        (
            "Only the shop's server told of it. The page was not reached, or tag and script were blocked: which of "
            "them is unknown."
        ),
    ),
    MoneyCause.CLICK_LOST: (
        Effect.WEAKENED,
        "TikTok accepted it without a click id: consent came late, after the landing page had been left.",
    ),
    MoneyCause.CONSENT_REFUSED: (Effect.LOST, "The visitor declined consent."),
    MoneyCause.CONSENT_NOT_ASKED: (
        Effect.LOST,
        "The buyer's page reported it and said nothing on consent, or only after the time for which it waits.",
    ),
    MoneyCause.CONSENT_CONTESTED: (Effect.LOST, "A browser named this order and declined, and whose it was is open."),
    MoneyCause.NOTHING_FROM_PAGE: (
        Effect.LOST,
        (
            "Consent is required, and nothing came from the buyer's page: the gateway's address or its tag was "
            "blocked, or the page was not reached. Which of them is unknown."
        ),
    ),
    MoneyCause.SERVER_LATE: (
        Effect.LOST,
        "The shop's server told of it too late, or TikTok did not accept it within 7 days.",
    ),
    MoneyCause.REFUSED: (Effect.LOST, "TikTok rejected it."),
    MoneyCause.OTHERWISE: (Effect.LOST, "Another reason, as listed above."),
    MoneyCause.LEFT_TO_SCRIPT: (
        Effect.UNKNOWN,
        "Your rules leave it to TikTok's script. Whether the script reported it is unknown here.",
    ),
    MoneyCause.MAYBE_THERE: (
        Effect.UNKNOWN,
        "It was not sent again, since TikTok may have a copy. Whether it has one is unknown.",
    ),
    MoneyCause.NO_LONGER_KNOWN: (Effect.UNKNOWN, "What became of it is not kept any more."),
}

_LOST: Mapping[str, MoneyCause] = {
    Reason.NO_CONSENT: MoneyCause.CONSENT_REFUSED,
    Reason.DENIED_BY_ANOTHER_COPY: MoneyCause.CONSENT_REFUSED,
    Reason.CONSENT_CONTESTED: MoneyCause.CONSENT_CONTESTED,
    Reason.TOO_OLD: MoneyCause.SERVER_LATE,
    Reason.REFUSED_BY_TIKTOK: MoneyCause.REFUSED,
    Reason.LEFT_TO_BROWSER: MoneyCause.LEFT_TO_SCRIPT,
    Reason.DEDUP_WINDOW: MoneyCause.MAYBE_THERE,
    Reason.DISCARDED: MoneyCause.MAYBE_THERE,
    Cause.REMOVED: MoneyCause.NO_LONGER_KNOWN,
}
_NOT_SAID = frozenset({Reason.CONSENT_NOT_SAID, Reason.CONSENT_NEVER_SAID})


class CausedMoney(Struct, frozen=True):
    """The orders that a cause touched."""

    cause: MoneyCause
    effect: Effect
    sentence: str
    orders: int
    values: Mapping[str, int]  #: by currency, in its smallest unit


WayOf = Callable[[str, str], str]
"""Gives who reports purchases of a pixel, by workspace and code: both, browser or server."""


def marks_of(
    channels: str, *, may_have: bool, blocked: bool, click_lost: bool, has_click: bool, since_placed_ms: int
) -> int:
    """Return what the copies of a purchase tell of page, script and click, as a sum of the bits above."""
    return (
        PAGE_TOLD * ("browser" in channels.split("+"))
        + SCRIPT_MAY_HAVE * may_have
        + SCRIPT_BLOCKED * blocked
        + CLICK_LOST * click_lost
        + HAS_CLICK * has_click
        + AFTERWARDS * (since_placed_ms > AFTERWARDS_MS)
    )


def causes_of(part: OrderPart, way: str) -> list[MoneyCause]:
    """Return what touched the money of orders that are alike; nothing where all went as their owner decided."""
    if part.result is not Result.ACCEPTED:
        return [cause] if (cause := _lost(part)) is not None else []
    recovered = _recovered(part.marks) if way == "both" else None
    weakened = part.marks & CLICK_LOST and not part.marks & HAS_CLICK
    return [*([recovered] if recovered else []), *([MoneyCause.CLICK_LOST] if weakened else [])]


def caused(parts: Iterable[OrderPart], way_of: WayOf) -> list[CausedMoney]:
    """Add money up by cause; causes that touched nothing are left out."""
    counts, values = Counter[MoneyCause](), defaultdict[MoneyCause, Counter[str]](Counter)
    for part in parts:
        for cause in causes_of(part, way_of(part.place.workspace, part.place.pixel)):
            counts[cause] += part.n
            values[cause][part.place.currency] += part.value
    return [
        CausedMoney(cause, effect, told, counts[cause], dict(sorted(values[cause].items())))
        for cause, (effect, told) in CAUSES.items()
        if counts[cause]
    ]


def _recovered(marks: int) -> MoneyCause | None:
    if marks & SCRIPT_MAY_HAVE:
        return None
    if marks & SCRIPT_BLOCKED:
        return MoneyCause.SCRIPT_BLOCKED
    if marks & AFTERWARDS:
        return MoneyCause.AFTER_THE_VISIT
    return MoneyCause.SCRIPT_SILENT if marks & PAGE_TOLD else MoneyCause.PAGE_SILENT


def _lost(part: OrderPart) -> MoneyCause | None:
    if part.reason in _NOT_SAID:
        return MoneyCause.CONSENT_NOT_ASKED if part.marks & PAGE_TOLD else MoneyCause.NOTHING_FROM_PAGE
    if part.reason in _LOST:
        return _LOST[part.reason]
    decided = part.reason in DECIDED or part.result is Result.IGNORED or part.reason == Cause.BEING_SENT
    return None if decided else MoneyCause.OTHERWISE
