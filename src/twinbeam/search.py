"""
How a conversion is found: the one function behind `twinbeam find`, the pages' search box and the read API.

What names a person is normalised and hashed as the identity room does it, and only its hash goes to the store.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.keys import lookup
from twinbeam.core.story import Story
from twinbeam.orders.reconciliation import KnownOrder, OrderReads
from twinbeam.pipeline.identity.email import email_digest
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.pipeline.identity.hashing import is_hashed
from twinbeam.pipeline.identity.order_ids import NAMING, one_spelling
from twinbeam.pipeline.identity.person import hashed_external_id
from twinbeam.pipeline.identity.phone import Phones


class Searched(Protocol):
    """What is searched: the reading side of a store. All raise StorageError."""

    def by_event_ids(self, workspaces: Sequence[str], event_id: str) -> list[Story]:
        """Return what is known under an event id, in every event and pixel of some workspaces, tombstones included."""
        ...

    def by_order(self, workspaces: Sequence[str], order_id: str) -> list[Story]:
        """Return what follows from an order in the ledger of some workspaces: held, declined and sent alike."""
        ...

    def by_lookup(self, hashes: Iterable[bytes]) -> list[Story]:
        """Return the conversions that look-up hashes (core.keys.lookup) lead to, with their copies and attempts."""
        ...


class By(StrEnum):
    """What a conversion may be found by."""

    EVENT_ID = "event_id"
    ORDER_ID = "order_id"
    EMAIL = "email"
    PHONE = "phone"
    CUSTOMER_ID = "customer_id"
    CLICK_ID = "click_id"


#: What leads to a person, and is not for everybody to search by.
PERSONAL = frozenset({By.EMAIL, By.PHONE, By.CUSTOMER_ID, By.CLICK_ID})


_SHORTEST_CLICK_ID = 20  #: TikTok's are much longer (tiktok.md 8.1)


class Query(Struct, frozen=True):
    """What is looked for in one workspace: the text as a person types it, and what it is."""

    workspace: str
    by: By
    text: str


def find(searched: Searched, query: Query) -> list[Story]:
    """Return the conversions that a query means; nothing for an empty text or what cannot be such a thing."""
    return find_anywhere(searched, [query.workspace], query.text, [query.by])


def find_anywhere(
    searched: Searched, workspaces: Sequence[str], text: str, ways: Collection[By] = tuple(By)
) -> list[Story]:
    """Return what a text means in some ways in some workspaces, in one pass: newest first, each once."""
    text = text.strip()
    if not text:
        return []
    found: dict[int, Story] = {}
    hashes = [
        lookup(_KINDS[by], workspace, value)
        for by, read in _READ.items()
        if by in ways and (value := read(text))
        for workspace in workspaces
    ]
    if hashes:  # such a hash is short, and may lead astray
        found |= {story.id: story for story in searched.by_lookup(hashes) if story.workspace in workspaces}
    order = _order(text) if By.ORDER_ID in ways else None
    if order is not None:  # what is held or was declined has no look-ups
        by_ledger = searched.by_order(workspaces, order)
        by_id = [it for it in searched.by_event_ids(workspaces, order) if it.event in NAMING]
        named = (it if it.order_id else replace(it, order_id=order) for it in (*by_ledger, *by_id))
        found |= {story.id: story for story in named if story.order_id == order and story.id not in found}
    if By.EVENT_ID in ways:
        event_id = safe_id(text)
        # A tombstone kept only the key, so it is given the id it was found under.
        named = (
            story if story.event_id else replace(story, event_id=event_id)
            for story in searched.by_event_ids(workspaces, event_id)
        )
        found |= {story.id: story for story in named if story.id not in found or not story.order_id}
    return sorted(found.values(), key=lambda story: -story.id)


def orders_under(orders: OrderReads, workspaces: Sequence[str], text: str) -> list[KnownOrder]:
    """Return the orders of the ledger with this number in some workspaces, also those of which no event came."""
    number = _order(text.strip()) if text.strip() else None
    return orders.under_number(workspaces, number) if number else []


def is_readable(by: By, text: str) -> bool:
    """Return whether a text can be such a thing."""
    return by not in _READ or bool(_READ[by](text.strip()))


def names_person(text: str) -> bool:
    """Return whether a text can be an e-mail address or a phone number, which are shown nowhere."""
    return "@" in text or _phone(text) is not None


def _order(text: str) -> str | None:
    return one_spelling(safe_id(text))


def _email(text: str) -> str | None:
    return text.lower() if is_hashed(text) else email_digest(text)


def _phone(text: str) -> str | None:
    if is_hashed(text):
        return text.lower()
    digest = Phones(None).hashed(text, None, []) if text.startswith(("+", "00")) else None
    return digest if isinstance(digest, str) else None


def _customer(text: str) -> str | None:
    if is_hashed(text):
        return text.lower()
    digest = None if text.startswith("+") or "@" in text else hashed_external_id(text, [])
    return digest if isinstance(digest, str) else None


def _click(text: str) -> str | None:
    return text if len(text) >= _SHORTEST_CLICK_ID else None


_READ: Mapping[By, Callable[[str], str | None]] = {
    By.ORDER_ID: _order,
    By.EMAIL: _email,
    By.PHONE: _phone,
    By.CUSTOMER_ID: _customer,
    By.CLICK_ID: _click,
}
_KINDS: Mapping[By, str] = {
    By.ORDER_ID: "order",
    By.EMAIL: "email",
    By.PHONE: "phone",
    By.CUSTOMER_ID: "external_id",
    By.CLICK_ID: "ttclid",
}
