"""What shop systems pass on of persons' rights: to be told what is stored, and to have it erased."""

from typing import Protocol

from msgspec import Struct

from twinbeam.core.erasure import Person


class RequestRow(Struct, frozen=True):
    """One request as it is kept."""

    id: str
    workspace: str
    shop: str
    source: str  #: that passed it on
    kind: str  #: of core.erasure.REQUEST_KINDS
    asked_ms: int
    people: list[Person]  #: all by which the person may be known here; empty once it is done, and for a whole shop
    done_ms: int | None = None


class RequestLedger(Protocol):
    """The part of a store that keeps them. Synchronous; called from the store's own thread."""

    def all_of_them(self) -> list[RequestRow]:
        """Return all requests, the oldest first."""
        ...

    def note_done(self, id_: str, now_ms: int) -> None:
        """Note that a request is carried out, and forget whom it was about."""
        ...
