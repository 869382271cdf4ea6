"""What goes out of a single conversion, opened for whoever looks at it."""

import msgspec

from twinbeam.core.delivery import Lane
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.outgoing import KeptCopy, Outgoing
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite.leasing import Leasing
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.pipeline.record.conversion import CONTEST, PERMISSION
from twinbeam.pipeline.record.merge import merge

_PLACE = "SELECT workspace, event_source, pixel, test_code, enriched, lacks, state FROM conversion WHERE id=?"


class OutgoingEvents(Leasing):
    """See core.outgoing.OutgoingReads for the promises; it reads alone."""

    def outgoing(self, conversion: int) -> Outgoing | None:
        """Return what goes out of a conversion."""
        with translated():
            row = self._db.execute(_PLACE, (conversion,)).fetchone()
            if row is None or (row[-1] == "held" and row[-2] & (PERMISSION | CONTEST)):
                return None
            copies = Payloads(self._connection).copies_of([conversion]).get(conversion, [])
            (pick,) = self._picks([conversion])
            name = self._names([pick])[pick.id]
        if not copies:
            return None
        try:
            event = merge(copies, pick.conditions, pick.spoken)
        except (StorageDamaged, msgspec.MsgspecError, ValueError):
            return None
        workspace, event_source, pixel, test_code, enriched = row[:5]
        lane = Lane(0, workspace, event_source, pixel, test_code, bool(enriched))
        kept = [KeptCopy(it.channel, it.source, it.received_ms, it.event_id, it.event_time, it.body) for it in copies]
        return Outgoing(lane, name, event, kept, pick.attempts > 0)
