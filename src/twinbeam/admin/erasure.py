"""Erasure of what is stored about a person."""

from uuid import uuid4

from msgspec import Struct

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin, Erasures
from twinbeam.admin.person import Subject, person_of
from twinbeam.core.erasure import Erasure, Receipt


class Erased(Struct, frozen=True):
    """A request for erasure, and its receipt once it is carried out."""

    id: str
    receipt: Receipt | None  #: None: noted, and carried out as soon as everything before it is recorded


def erase(admin: Admin, subject: Subject, erasures: Erasures) -> Erased:
    """
    Erase what is stored about a person, and wait for that as long as `erasures` does.

    The request is written down outside the store first, then in it: whatever fails then, it is carried out or was never
    promised. Raises AdminError, StorageError, OSError.
    """
    person = person_of(admin, subject)
    request = Erasure(uuid4().hex, person, admin.clock.now_ms(), erasures.positions())
    what = f"erasure {person.workspace}/{request.id}"
    erasures.remember(request)
    with changing(admin) as audit:
        admin.store.ask_erasure(request)
        audit.tell(what, "", f"asked by {person.kind}")
    receipt = erasures.carried_out(request.id)
    if receipt is not None:
        with changing(admin) as audit:
            audit.tell(what, "asked", _counts(receipt))
    return Erased(request.id, receipt)


def _counts(receipt: Receipt) -> str:
    done = f"{receipt.removed} conversions and {receipt.visits} visits erased"
    return f"{done}, {receipt.in_flight} on the wire, {receipt.delivered} at TikTok"
