"""Imports of files: that they were made stands in the audit, and how far they came in the store."""

from collections.abc import Mapping, Sequence

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin, FileProgress
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.errors import StorageBusy
from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Reason
from twinbeam.orders.reconciliation import KnownOrder, OrderConversion

_REFUSED = frozenset({Reason.NO_CONSENT, Reason.DENIED_BY_ANOTHER_COPY, Reason.ERASURE_ASKED})


def begin(admin: Admin, workspace: str, what: str, digest: str) -> int:
    """Note that an import begins, or goes on, and return how many records are done; raises AdminError."""
    known_workspace(admin, workspace)
    done = admin.store.orders.imported(digest).done
    with changing(admin) as audit:
        audit.tell(f"import {workspace}", f"{done} records" if done else "", what)
    return done


def advance(admin: Admin, digest: str, progress: FileProgress) -> bool:
    """
    Note how far an import came; what is noted is durable in a journal. Returns whether it could be noted.

    Where a gateway keeps the store busy, the next note will do: records that are imported again change nothing.
    """
    try:
        admin.store.orders.note_import(digest, progress, admin.clock.now_ms())
    except StorageBusy:
        return False
    return True


def known_of(
    admin: Admin, workspace: str, shop: str, pixels: Sequence[str], order_ids: Sequence[str]
) -> Mapping[str, str]:
    """
    Return what is known of some orders: `known` where each pixel has its purchase, or is sent it.

    `recorded refusal` where no pixel can have it because its buyer said no.
    """
    found = admin.store.orders.numbered(workspace, shop, order_ids)
    return {order.order_id: word for order in found if (word := _word(order, pixels))}


def _word(order: KnownOrder, pixels: Sequence[str]) -> str:
    of_pixel = {pixel: [it for it in order.conversions if it.pixel == pixel] for pixel in pixels}
    if all(any(map(_is_sent, its)) for its in of_pixel.values()):
        return "known"
    if all(its and all(it.reason in _REFUSED for it in its) for its in of_pixel.values()):
        return "recorded refusal"
    return ""


def _is_sent(conversion: OrderConversion) -> bool:
    """Return whether TikTok has it or is sent it; of one whose row is gone that may be so."""
    if not conversion.state:
        return True
    state = State(conversion.state)
    return state is State.DELIVERED or state in SENDING or conversion.enriched
