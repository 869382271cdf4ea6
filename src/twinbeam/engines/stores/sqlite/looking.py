"""
Recorded conversions in the order of their numbers, for the checks: each is looked at once, by its place in the table.

Nothing is written while events are recorded or sent. What a delivered order says of a person is opened for the moment
in which it is counted, as it was for sending; it is not kept.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import MsgspecError, Struct

from twinbeam.checks.noting import LaterCopy, LookedAt
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.pipeline.record.merge import by_authority

_FIRST = 50_000  #: conversions of before, that are looked at when looking begins
_MOST_BEHIND = 500_000  #: of what is recorded faster than it is looked at for long, a part is left out
_NEXT = (
    "SELECT id, workspace, pixel, event_source, event, event_time, received, state, reason, minor, currency, channels, "
    "consent, found, visitor, enriched, test_code = '' AND united = 0, copies FROM conversion "
    "WHERE id > ? AND received < ? ORDER BY id LIMIT ?"
)
_COPIES = "SELECT id, channel, at, consent FROM copy WHERE id IN ({}) ORDER BY id, n"
_TOLD = 15  #: columns that are taken as they are; behind them stand two that are true or false
_SEVERAL = list[str] | str | None


class _Person(Struct, frozen=True, gc=False):
    email: _SEVERAL = None
    ip: str | None = None


class _Body(Struct, frozen=True, gc=False):
    user: _Person = _Person()


_decode = msgspec.json.Decoder(_Body).decode


class RecordedConversions:
    """See admin.note_taking.RecordedRows for the promises; call on the store's own thread."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db
        self._payloads = Payloads(connection)

    def begin(self, place: int | None) -> int:
        """Return where to go on: at the place that was reached, unless that lies too far back."""
        newest = int(self._db.execute("SELECT coalesce(max(id), 0) FROM conversion").fetchone()[0])
        return max(0, newest - _FIRST) if place is None else max(place, newest - _MOST_BEHIND)

    def read(self, place: int, *, until_ms: int, limit: int) -> list[LookedAt]:
        """Return the next conversions that came before a moment."""
        rows = self._db.execute(_NEXT, (place, until_ms, limit)).fetchall()
        several = [row[0] for row in rows if row[-1] > 1]
        copies: dict[int, list[LaterCopy]] = {id_: [] for id_ in several}
        for id_, *copy in self._connection.select_in(_COPIES, several):
            copies[id_].append(LaterCopy(*copy))
        return [_looked(row, copies.get(row[0], ())) for row in rows]

    def named(self, ids: Collection[int]) -> dict[int, tuple[list[str], str]]:
        """Return the hashed e-mail addresses and the address that conversions bear, where a payload is kept."""
        found = {}
        for id_, copies in self._payloads.copies_of(ids).items():
            emails, address = list[str](), ""
            for copy in by_authority(copies):
                try:
                    person = _decode(copy.body).user
                except MsgspecError:
                    continue
                emails = emails or ([person.email] if isinstance(person.email, str) else list(person.email or ()))
                address = address or person.ip or ""
            found[id_] = emails, address
        return found


def _looked(row: tuple[Any, ...], copies: Sequence[LaterCopy]) -> LookedAt:
    """Return a row as it was read; the number of its copies comes last."""
    told: list[Any] = [*row[:_TOLD], *map(bool, row[_TOLD:-1]), copies]
    return LookedAt(*told)
