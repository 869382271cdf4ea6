"""
Statements about consent that come without an event.

A statement goes the way of an event, yet to no pixel: it is an arrival whose event and pixel are empty.
"""

from collections.abc import Callable

from msgspec import structs

from twinbeam.core.places import place_of
from twinbeam.core.values import Arrival, Item, Notice, Origin, Page, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark
from twinbeam.pipeline.accept.contract import Acknowledgement, Noted, Statements
from twinbeam.pipeline.accept.fanout import Fanned

TOKENS = ("visitor_id", "cart_token", "checkout_token", "order_token", "order_id")


def statements_of(reading: Statements, origin: Origin, is_elsewhere: Callable[[Item], bool]) -> Fanned:
    """
    Sort the statements of a request into those that go on and those that say nothing, or nothing of anybody.

    One that is made elsewhere, on a page that is none of the shop's, does not go on; the page itself goes no further.
    """
    fanned = Fanned([], [], [*reading.notices])
    for index, item in enumerate(reading.items):
        if isinstance(item, Rejected):
            fanned.rejected.append(item)
        elif refused := _foreign(index) if is_elsewhere(item) else _trouble(item, index):
            fanned.rejected.append(refused)
        else:
            fanned.notices.extend(_remarks(item, index))
            pageless = structs.replace(item, page=Page())
            fanned.arrivals.append(Arrival(pageless, origin, "", "", index, origin.received_ms // 1_000))
    return fanned


def _remarks(item: Item, index: int) -> list[Notice]:
    region = item.consent.region
    if region is None or place_of(region):
        return []
    unknown = Remark.REGION_UNKNOWN
    return [Notice(index, place(index, "consent.region"), unknown, SENTENCES[unknown])]


def acknowledge(count: int, fanned: Fanned, noted: Noted) -> Acknowledgement:
    """Put together the answer to a request of `count` statements."""
    receipts: list[str | None] = [None] * count
    for arrival, receipt in zip(fanned.arrivals, noted.receipts, strict=True):
        receipts[arrival.index] = receipt or None
    placed = [Notice(it.index, place(it.index, it.field), it.code, it.message) for it in noted.notices]
    return Acknowledgement(len(fanned.arrivals), fanned.rejected, [*fanned.notices, *placed], receipts)


def place(index: int, field: str) -> str:
    """Return the dotted path of a field, seen from the request."""
    return f"statements[{index}].{field}" if field else f"statements[{index}]"


def refuse(code: Rejection, index: int, field: str, fix: str) -> Rejected:
    """Refuse one statement; `field` is a dotted path inside it."""
    return Rejected(index, code, SENTENCES[code], place(index, field), fix)


def _foreign(index: int) -> Rejected:
    fix = "Send it from a page of the shop's, or name the page's host with `twinbeam pixels set CODE hosts=...`."
    return refuse(Rejection.FOREIGN_HOST, index, "", fix)


def _trouble(item: Item, index: int) -> Rejected | None:
    said = item.consent
    if not any(getattr(item, token) for token in TOKENS):
        fix = "Add visitor_id or order_id, or a token, as the events of the visit have it."
        return refuse(Rejection.NO_VISIT, index, "visitor_id", fix)
    if (said.ad_storage or said.ad_user_data or said.ad_personalization) is None and said.opt_out is None:
        fix = "Send at least one of consent.ad_storage, ad_user_data, ad_personalization and opt_out."
        return refuse(Rejection.NOTHING_SAID, index, "consent", fix)
    return None
