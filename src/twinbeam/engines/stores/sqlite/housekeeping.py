"""What the writer does beside its work: erasures first, then retention; a few milliseconds at a time."""

import json
import time
from collections.abc import Iterator

import msgspec

from twinbeam.core.erasure import Erasure, Receipt
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.engines.sqlite_file import truncate_wal
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.deferred_index import DeferredIndex
from twinbeam.engines.stores.sqlite.erasing import Erasing, sealed_hashes
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.sightings import SightingRing
from twinbeam.engines.stores.sqlite.tidying import KeepDays, Tidying

BUDGET_MS = 20  #: of one call, give or take the last step
REST_MS = 600_000  #: between two rounds
SCRUB_MS = 60_000  #: how long destroyed keys may still lie in the WAL


def keep_by_default(_workspace: str) -> int:
    """Keep as long as a workspace does whose owner decided nothing."""
    return DEFAULT_WORKSPACE.keep_days


class Housekeeping:
    """`tidy` is called by the writer again and again."""

    def __init__(
        self,
        connection: StoreConnection,
        dedup: DeferredIndex,
        visitor_keys: DeferredIndex,
        ring: SightingRing,
        keep_days_of: KeepDays = keep_by_default,
    ) -> None:
        self._connection = connection
        self._db = connection.db
        self._dedup = dedup
        self._tidying = Tidying(connection, dedup, ring, keep_days_of)
        self._erasing = Erasing(connection, visitor_keys, ring)
        self._work: Iterator[bool] | None = None
        self._is_round = False  #: the work is retention, and no request
        self._rests_until = self._scrubs_at = 0

    def tidy(self, now_ms: int, *, budget_ms: int = BUDGET_MS, retention: bool = True) -> bool:
        """
        Do a little in one transaction, and tell whether there is more to do now.

        Without `retention`, because nobody can be sure how late it is, requests are carried out and nothing else goes.
        """
        ends = time.monotonic() + budget_ms / 1_000
        if not retention:
            self._put_retention_off()
        self._tidying.now_ms = now_ms
        try:
            with self._connection.transaction():
                more = self._steps(now_ms, ends, retention=retention)
        except BaseException:
            self._work = None  # what it has seen may have been rolled back
            self._tidying.swept = False
            raise
        if self._tidying.swept:
            self._dedup.after_commit()
            self._tidying.swept = False
        if self._connection.scrub_due and now_ms >= self._scrubs_at:
            self._scrub(now_ms)
        return more

    def _put_retention_off(self) -> None:
        """Break a round off; it begins anew as soon as there may be one."""
        if self._is_round:
            self._work, self._is_round = None, False
        self._rests_until = 0

    def _steps(self, now_ms: int, ends: float, *, retention: bool) -> bool:
        self._erasing.follow_up(now_ms)
        if self._is_round and self._work is not None and self._erasing.ready():
            self._put_retention_off()  # a round takes minutes, and a person waits
        while time.monotonic() < ends:
            if self._work is None:
                self._work = self._next(now_ms, retention=retention)
            if self._work is None:
                return False
            step = next(self._work, None)
            if step is None:
                self._work, self._scrubs_at = None, now_ms
            elif step:
                break
        return True

    def _next(self, now_ms: int, *, retention: bool) -> Iterator[bool] | None:
        requests = self._erasing.ready()
        self._is_round = not requests
        if requests:
            self._scrubs_at = now_ms
            return self._erasing.carry_out(requests[0], now_ms)
        if now_ms < self._rests_until or not retention:
            return None
        self._rests_until = now_ms + REST_MS
        return self._tidying.round()

    def _scrub(self, now_ms: int) -> None:
        """Let the bytes of what was destroyed vanish from the file and its WAL."""
        with self._connection.transaction():
            Payloads(self._connection).rewrite_keys()
        done = truncate_wal(self._db)
        self._connection.scrub_due = not done
        self._scrubs_at = now_ms + SCRUB_MS if done else now_ms


class ErasureRequests:
    """Asking to be erased, from any process."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db

    def ask_erasure(self, request: Erasure) -> None:
        """Note a request for the writer to carry out; one that is known is left as it is."""
        who = request.person
        row = (request.id, who.workspace, who.kind, who.shop, sealed_hashes(self._connection, request))
        with self._connection.transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO erasure (id, workspace, kind, shop, hashes, asked_at, upto) "
                "VALUES (?,?,?,?,?,?,?)",
                (*row, request.asked_ms, json.dumps(dict(request.upto))),
            )

    def erasure(self, id_: str) -> Receipt | None:
        """Return the receipt of a request, or None while it is not carried out."""
        row = self._db.execute("SELECT receipt FROM erasure WHERE id=? AND done_at IS NOT NULL", (id_,)).fetchone()
        return msgspec.json.decode(row[0], type=Receipt) if row and row[0] else None

    def erasures(self) -> set[str]:
        """Name all requests that are known, carried out or not."""
        return {id_ for (id_,) in self._db.execute("SELECT id FROM erasure")}
