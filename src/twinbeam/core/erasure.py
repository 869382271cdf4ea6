"""What a person may ask: to have erased, or to be told, what is stored about them; and what they hear."""

from collections.abc import Collection, Mapping
from typing import Self

from msgspec import Struct

from twinbeam.core import keys

#: What people may go by. The first three come here as SHA-256, as they do in events.
KINDS = ("email", "phone", "external_id", "order", "visitor")


class Person(Struct, frozen=True):
    """How somebody is looked up in one workspace: by a hash of what they go by, never by itself."""

    workspace: str
    kind: str
    lookup: bytes
    tokens: tuple[bytes, ...] = ()  #: of the visits it names
    shop: str | None = None  #: the one shop that is meant; None: all of the workspace

    def means(self, workspace: str, shop: str) -> bool:
        """Return whether what a shop reported may be about them."""
        return workspace == self.workspace and self.shop in (None, shop)


class PersonRequest(Struct, frozen=True):
    """What a shop system passes on of the rights of a person, or of a whole shop."""

    id: str  #: the same for a delivery that is repeated
    kind: str  #: of REQUEST_KINDS
    people: list[Person] = []  #: all by which the person may be known here


#: To be told what is stored; to have it erased; to have all of a shop erased.
REQUEST_KINDS = ("data_request", "redact", "shop_redact")


class Erasure(Struct, frozen=True):
    """A request for erasure. It reaches what was accepted before it, and only once all of that is recorded."""

    id: str
    person: Person
    asked_ms: int
    upto: Mapping[str, int] = {}  #: journals, and how far they have to be recorded


class Receipt(Struct, frozen=True):
    """What an erasure did, in conversions and visits."""

    done_ms: int
    removed: int = 0  #: conversions of which only key, event, time and state are left
    in_flight: int = 0  #: on the wire just now: erased as soon as they are answered
    delivered: int = 0  #: of both, those that TikTok has already, or may have
    visits: int = 0  #: visits whose click and browser keys were removed

    def plus(self, later: Self) -> Self:
        """Add what was erased when carrying out began anew: conversions that are others, and visits that are not."""
        return type(self)(
            later.done_ms,
            self.removed + later.removed,
            self.in_flight + later.in_flight,
            self.delivered + later.delivered,
            max(self.visits, later.visits),
        )


def person(kind: str, workspace: str, value: str, *, shops: Collection[str] = ("",), shop: str | None = None) -> Person:
    """
    Return who is meant; `value` is a SHA-256 for an e-mail address, a phone number or an external id.

    An order or a visit is one of some shops, where the first one of the workspace goes by an empty name.
    """
    among = shops if shop is None else (shop,)
    tokens = [keys.visit(kind, keys.scope_of(workspace, name), value) for name in among if kind in ("order", "visitor")]
    return Person(workspace, kind, keys.lookup(kind, workspace, value), tuple(tokens), shop)
