"""What the writer notices of the machine it runs on: a store that is gone, and a clock that was set."""

from math import inf

from twinbeam.app.known_time import MEND, Watch
from twinbeam.app.opening import Reporter, gone
from twinbeam.engines.stores.sqlite.store import FILE, SqliteStore
from twinbeam.settings import Settings

LOOK_SECONDS = 1.0  #: how soon a store that was removed is noticed
REPEAT_SECONDS = 60.0  #: between two sentences about the same trouble


class Machine:
    """Looked at each second."""

    def __init__(self, settings: Settings, store: SqliteStore, watch: Watch, reports: Reporter) -> None:
        self._settings = settings
        self._store = store
        self._watch = watch
        self._reports = reports
        self._told_at = -inf

    async def look(self) -> None:
        """Notice what has changed; raises ConfigError for a store that is gone."""
        if self._store.is_gone():
            self._reports.happening("store.gone", file=str(self._settings.data / FILE))
            raise gone(self._settings)
        self._watch.look()
        self._watch.note()
        trouble, now = self._watch.trouble(), self._watch.clock.monotonic()
        if trouble and now - self._told_at >= REPEAT_SECONDS:
            self._told_at = now
            self._reports.happening("clock.parted", detail=trouble, fix=MEND)
