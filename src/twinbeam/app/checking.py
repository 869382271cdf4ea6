"""The jobs behind the issues, joined: what is noted of conversions, and what the checks find."""

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from twinbeam.admin import issues
from twinbeam.admin.evidence import RejectedByPlace, find_evidence
from twinbeam.admin.issues import IssueChanges
from twinbeam.admin.note_taking import Crowds, NoteTaking
from twinbeam.app.thread import Thread
from twinbeam.checks.facts import Evidence
from twinbeam.core.clock import Clock
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.jobs import check_notes, checks
from twinbeam.jobs.contract import Job
from twinbeam.web.weeks import weeks_now


class Checking:
    """What the jobs do: on the writer's store, on a reader of their own, and by what was rejected on arrival."""

    def __init__(
        self,
        store: SqliteStore,
        counter: SqliteReader,
        clock: Clock,
        access_codes: Collection[int],
        rejected: Callable[[], RejectedByPlace],
        pixel_per_second: int,
    ) -> None:
        self._store, self._counter, self._clock = store, counter, clock
        self._access_codes, self._rejected, self._pixel_per_second = access_codes, rejected, pixel_per_second
        self._crowds = Crowds()

    def begin(self) -> NoteTaking:
        """Begin to look at conversions."""
        return NoteTaking(self._store.issues, self._store.noted, self._crowds, self._clock.now_ms())

    def find(self) -> Sequence[Evidence]:
        """Return what is found out of each pixel."""
        now_ms = self._clock.now_ms()
        weeks = weeks_now(self._counter, now_ms).pixels
        found = find_evidence(self._counter, weeks, self._rejected(), now_ms)
        return [replace(it, pixel_per_second=self._pixel_per_second) for it in found]

    def keep_evidence(self, found: Sequence[Evidence]) -> None:
        """Keep what was found out."""
        self._store.issues.keep_evidence(found)

    def look(self) -> IssueChanges:
        """Check every pixel."""
        now_ms = self._clock.now_ms()
        weeks = weeks_now(self._counter, now_ms).pixels
        facts = issues.all_facts(self._counter, weeks, now_ms, self._access_codes)
        return issues.look(facts, issues.known(self._counter.issues).records, now_ms)

    def keep(self, looked: IssueChanges) -> None:
        """Write down since when what is wrong."""
        if looked.changed or looked.gone:
            self._store.issues.keep_records(looked.changed, looked.gone)

    def jobs(self, on_counter: Thread, on_store: Thread) -> list[Job]:
        """Return the jobs."""
        checking = checks.job(self.find, self.keep_evidence, self.look, self.keep, on_counter, on_store)
        return [check_notes.job(self.begin, on_store), checking]
