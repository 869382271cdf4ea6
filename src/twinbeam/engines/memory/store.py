"""The memory store: all its parts on one set of rows."""

from twinbeam.engines.memory.dead_letters import Resending
from twinbeam.engines.memory.exporting import Exporting
from twinbeam.engines.memory.outgoing import OutgoingEvents
from twinbeam.engines.memory.request_counts import NotesOfRequests
from twinbeam.engines.memory.rows import Rows
from twinbeam.engines.memory.tidying import Tidying
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages


class MemoryStore(Resending, OutgoingEvents, Tidying, Exporting):
    """A store that keeps everything in dictionaries and decides nothing that the rooms can decide."""

    def __init__(self, *, policy: RecordPolicy | None = None, ages: Ages | None = None) -> None:
        rows, policy, ages = Rows(), policy or RecordPolicy(), ages or Ages()
        Resending.__init__(self, rows, policy, ages)
        OutgoingEvents.__init__(self, rows, policy, ages)
        Tidying.__init__(self, rows)
        Exporting.__init__(self, rows)
        self.request_counts = NotesOfRequests()
