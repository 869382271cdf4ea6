"""Whether a pixel's browser purchases wait for a server's word: why, how many do, and the switch, in words."""

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.core.story import PixelRow
from twinbeam.core.wording import workspace_option
from twinbeam.pipeline.record.sums import Sums

_WAIT = "Browser purchases wait for confirmation by the server"
_COUNT = "Browser purchases are sent without confirmation{stage}"
_WORDS = {
    ("auto", True): f"{_WAIT}: a server has reported purchases in the last 7 days (confirm_purchases=auto).",
    ("auto", False): f"{_COUNT}: no server has reported one in the last 7 days (confirm_purchases=auto).",
    ("margin", True): f"{_WAIT}, which alone knows their margin (value=margin).",
    ("on", True): f"{_WAIT} (confirm_purchases=on).",
    ("off", False): f"{_COUNT} (confirm_purchases=off).",
}


class PurchaseConfirmation(Struct, frozen=True):
    """What the page says of it."""

    sentence: str
    waits: bool
    unconfirmed: int  #: purchases that wait now
    in_vain: int  #: that ended unsent, of the last 7 UTC days
    switch: str  #: the command that turns it round


def confirming(row: PixelRow, week: Sums, now_ms: int) -> PurchaseConfirmation | None:
    """Return what holds for one pixel; an event set has no browser."""
    if row.event_source != "web":
        return None
    mode = row.rules.confirming
    waits = mode == "on" or (mode == "auto" and now_ms < row.confirming_until_ms)
    reason = "margin" if mode != row.rules.confirm_purchases else mode
    to, means = "off" if waits else "on", row.rules.purchase_means
    stage = "" if means == "placed" else f" once they are {means}"
    return PurchaseConfirmation(
        _WORDS[reason, waits].format(stage=stage),
        waits,
        week.reason(State.HELD, Reason.NOT_CONFIRMED),
        week.reason(State.EXPIRED, Reason.NEVER_CONFIRMED),
        f"twinbeam pixels set {row.code} confirm_purchases={to}{workspace_option(row.workspace)}",
    )
