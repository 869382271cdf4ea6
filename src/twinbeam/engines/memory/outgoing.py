"""What goes out of a single conversion of the model."""

from twinbeam.core.lifecycle import State
from twinbeam.core.outgoing import KeptCopy, Outgoing
from twinbeam.engines.memory.leasing import Leasing
from twinbeam.pipeline.record.conversion import CONTEST, PERMISSION, spoken_of
from twinbeam.pipeline.record.merge import merge


class OutgoingEvents(Leasing):
    """See core.outgoing.OutgoingReads for the promises."""

    def outgoing(self, conversion: int) -> Outgoing | None:
        """Return what goes out of a conversion."""
        row = self._rows.by_id.get(conversion)
        kept = self._rows.kept.get(conversion)
        if row is None or kept is None or not kept.copies:
            return None
        if row.state is State.HELD and row.lacks & (PERMISSION | CONTEST):
            return None
        copies = [
            KeptCopy(it.channel, it.source, it.received_ms, it.event_id, it.event_time, it.body) for it in kept.copies
        ]
        event = merge(kept.copies, row.conditions, spoken_of(row))
        return Outgoing(self._rows.lane(row), kept.spelling or self._spelling(row), event, copies, kept.attempts > 0)
