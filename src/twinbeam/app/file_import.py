"""
Orders and events from a file, on the way of all others: through the rooms into a journal of the importer's own.

The gateway records what lies there, now or when it is started. A record that was imported twice changes nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from twinbeam.app.import_records import Record
from twinbeam.app.import_verdicts import Judge, Wanted, together
from twinbeam.core.clock import Clock
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.values import Channel, Origin, Sealed
from twinbeam.engines.journals.sqlite import SqliteJournal
from twinbeam.engines.keyring import KeyRing
from twinbeam.pipeline.accept.contract import Full, Reading
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.pipeline.accept.fanout import fan_out
from twinbeam.pipeline.accept.order_notes import notes_of
from twinbeam.pipeline.accept.routing import Routing
from twinbeam.pipeline.consent.receipts import PURPOSE, Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.rates import Rates
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import encode
from twinbeam.settings import Settings

JOURNAL = "journal-import.db"
CAP_BYTES = 64 * 1024**2  #: that may wait to be recorded
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2


class Importer:
    """Carries records through the rooms into its journal, a group at a time."""

    def __init__(self, settings: Settings, ring: KeyRing, directory: Directory, wanted: Wanted, clock: Clock) -> None:
        self._wanted = wanted
        self._clock = clock
        self._journal = SqliteJournal(
            settings.journal_folder / JOURNAL,
            ring,
            cap_bytes=min(CAP_BYTES, settings.journal_cap_bytes),
            reserve_bytes=settings.disk_reserve_bytes,
        )

        def rates(workspace: str) -> Rates:
            return directory.workspaces.get(workspace, DEFAULT_WORKSPACE).rates

        sealer = Sealer(default_region=settings.default_region or None, rates=rates)
        self._intake = Intake(receipts=Receipts(ring.derived(PURPOSE)), seal=sealer.seal, append=self._append)

    def carry(self, records: Iterable[Record], judge: Judge, shift_ms: int, done: Callable[[int], None]) -> None:
        """Import records; `done` is told how many are durable. Raises ConfigError where nobody records them."""
        for some in together(records):
            verdicts = judge.judged(some, shift_ms)
            readings = [verdict.reading for verdict in verdicts if verdict.reading is not None]
            self._take(readings, judge.routing)
            done(len(some))

    def close(self) -> None:
        """Give the journal back."""
        self._journal.close()

    def _take(self, readings: Sequence[Reading], routing: Routing) -> None:
        origin = Origin(self._wanted.workspace, "import", Channel.FILE, self._clock.now_ms(), shop=self._wanted.shop)
        events = [arrival for reading in readings for arrival in fan_out(reading, routing, origin).arrivals]
        notes = [note for reading in readings for note in notes_of(reading, origin)]
        if not events and not notes:
            return
        begun, looked = time.monotonic(), self._journal.backlog().used_bytes
        while isinstance(asyncio.run(self._intake.take([*events, *notes])), Full):
            self._journal.forget()
            if self._journal.backlog().used_bytes < looked:
                begun, looked = time.monotonic(), self._journal.backlog().used_bytes
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise ConfigError("Nobody records what was imported: start the gateway, then import the file again.")
            time.sleep(_LOOK_SECONDS)
        self._journal.forget()

    async def _append(
        self, brought: Sequence[Any], seal: Callable[[Sequence[Any]], Sequence[Sealed]]
    ) -> Sequence[Sealed]:
        sealed = seal(brought)
        self._journal.append(self._clock.now_ms(), len(sealed), encode([one.signal for one in sealed]))
        return sealed
