"""What shop systems pass on of persons' rights, carried out by their owner, or by itself where nothing is to decide."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin, Erasures, StoredConversion, SubjectData
from twinbeam.admin.errors import Conflict, NotFound
from twinbeam.core.erasure import Erasure, Person, Receipt, person
from twinbeam.core.values import Facts
from twinbeam.orders.requests import RequestRow

BY_ITSELF = "redact"
"""The kind that needs nobody's decision."""

_WHOLE_SHOP = "shop_redact"


class CarriedOut(Struct, frozen=True):
    """How far a request is carried out."""

    erasures: int  #: that follow from it
    done: int  #: of them, those with a receipt
    removed: int = 0  #: conversions that were erased


def listed(admin: Admin, workspace: str) -> list[RequestRow]:
    """Return the requests of a workspace, the oldest first."""
    return [row for row in admin.store.person_requests.all_of_them() if row.workspace == workspace]


def export(admin: Admin, id_: str) -> SubjectData:
    """Return all that is stored about the person of a request, and note that it is done; raises AdminError."""
    row = _open(admin, id_)
    found = [admin.store.stored_about(one) for one in _people(admin, row)]
    conversions: dict[int, StoredConversion] = {it.story.id: it for each in found for it in each.conversions}
    visits: list[Facts] = list({repr(it): it for each in found for it in each.visits}.values())
    with changing(admin) as audit:
        admin.store.person_requests.note_done(id_, audit.at_ms)
        audit.tell(f"request {id_}", row.kind, f"exported: {len(conversions)} conversions and {len(visits)} visits")
    return SubjectData(list(conversions.values()), visits)


def erase(admin: Admin, id_: str, erasures: Erasures) -> CarriedOut:
    """
    Have all erased by which the person, or the shop, of a request is known; raises AdminError, StorageError, OSError.

    What was asked for before is asked for again under the same names, so whoever is cut off begins anew.
    """
    row = _open(admin, id_)
    people = list(_people(admin, row))
    names = [f"{id_}-{n}" for n in range(len(people))]
    asked_for = _unasked(admin, names)
    upto = erasures.positions() if asked_for else {}
    for name, who in zip(names, people, strict=True):
        if name in asked_for:
            request = Erasure(name, who, row.asked_ms, upto)
            erasures.remember(request)
            with changing(admin) as audit:
                admin.store.ask_erasure(request)
                audit.tell(f"erasure {row.workspace}/{name}", "", f"asked by {row.source} ({row.kind})")
    receipts = [receipt for name in names if (receipt := erasures.carried_out(name)) is not None]
    if len(receipts) == len(names):
        with changing(admin) as audit:
            admin.store.person_requests.note_done(id_, audit.at_ms)
            audit.tell(f"request {id_}", row.kind, f"erased: {_removed(receipts)} conversions")
    return CarriedOut(len(names), len(receipts), _removed(receipts))


def _unasked(admin: Admin, names: list[str]) -> set[str]:
    known: Callable[[], set[str]] = admin.store.erasures
    return set(names) - known()


def _removed(receipts: list[Receipt]) -> int:
    return sum(receipt.removed for receipt in receipts)


def _open(admin: Admin, id_: str) -> RequestRow:
    row = next((one for one in admin.store.person_requests.all_of_them() if one.id == id_), None)
    if row is None:
        raise NotFound(f"There is no request {id_}; see: twinbeam requests list")
    if row.done_ms is not None:
        raise Conflict(f"Request {id_} is done already.")
    return row


def _people(admin: Admin, row: RequestRow) -> Iterator[Person]:
    """Yield all by which the person of a request may be known; of a whole shop, all of its orders."""
    if row.kind != _WHOLE_SHOP:
        yield from row.people
        return
    after = 0
    while page := admin.store.orders.orders_of(row.workspace, after=after):
        after = page[-1].id or 0
        for order in page:
            if order.place.shop == row.shop and order.source == row.source:
                yield person("order", row.workspace, order.place.order_id, shops=(row.shop,), shop=row.shop)
