"""
A new key for the key ring, while the gateway runs.

The new key is in the file, before anything is sealed under it; the old one stays there until it is dropped. So whenever
this is cut off every process opens everything, and the next run goes on. Processes notice another file by themselves.
"""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from twinbeam.app.erasures import log_path, seal_anew
from twinbeam.app.journal_folders import earlier_folders
from twinbeam.core.clock import Clock
from twinbeam.core.errors import ConfigError, StorageBusy
from twinbeam.core.story import Change
from twinbeam.engines.journals.resealing import reseal_journal, under_older_keys
from twinbeam.engines.journals.sqlite import slots
from twinbeam.engines.keyring import KeyRing, add_key, keep_newest
from twinbeam.engines.locks import FileLock
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import Settings

_PASS_SECONDS = 0.2  #: what was being sealed under the old key when the file changed is committed by then
_MOST_PASSES = 50


class Rotated(Struct, frozen=True):
    """What a rotation came to."""

    newest: str  #: the id of the key that seals
    added: bool  #: False: an earlier rotation was finished
    older: tuple[str, ...]  #: ids of the keys that are still in the ring
    dropped: tuple[str, ...]
    sealed: Mapping[str, int]  #: how many were put under the newest key
    unopened: int  #: sealed by a key that the ring does not have, or damaged: left as they are


class _Quiet:
    """Told about what needs a log line, where there is no log."""

    def happening(self, event: str, /, **fields: object) -> None:
        """Take no note."""


class Rotation:
    """One rotation; raises ConfigError, with the file and the mend."""

    def __init__(self, settings: Settings, ring: KeyRing, store: SqliteSetup, clock: Clock, who: str) -> None:
        self._settings = settings
        self._ring = ring
        self._store = store
        self._clock = clock
        self._who = who
        self._sealed: Counter[str] = Counter()
        self._unopened = 0

    def run(self, *, drop_old: bool = False) -> Rotated:
        """Add a key, or finish a rotation that was cut off, and put everything under the newest one."""
        path = self._settings.keyring
        try:
            lock = FileLock.take(path.with_suffix(".lock"), what=f"The key ring {path}")
        except StorageBusy as error:
            raise ConfigError(f"{error}. Wait until that rotation is done.") from error
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            return self._run(path, drop_old=drop_old)
        except OSError as error:
            raise _unwritable(path, error) from error
        finally:
            lock.release()

    def _run(self, path: Path, *, drop_old: bool) -> Rotated:
        self._ring.look()
        added = not drop_old and not self._left()
        if added:
            self._tell(f"key {add_key(path)} added")
            self._ring.look()
        self._seal_all()
        dropped: list[str] = []
        if drop_old:
            if self._unopened:
                raise ConfigError(
                    f"{self._unopened} values are under keys that {path} does not have, or damaged, so no key "
                    "was dropped. Put back the key ring's backup, and run twinbeam doctor."
                )
            dropped = keep_newest(path)
            self._ring.look()
            self._tell(f"keys dropped: {', '.join(dropped) or 'none'}")
        newest, *older = self._ring.ids
        return Rotated(newest, added, tuple(older), tuple(dropped), dict(self._sealed), self._unopened)

    def _seal_all(self) -> None:
        """Put everything under the newest key, until nothing is left that was being written meanwhile."""
        for _ in range(_MOST_PASSES):
            self._unopened = 0
            before = self._sealed.total()
            self._pass()
            if self._sealed.total() == before:
                return
            time.sleep(_PASS_SECONDS)
        raise ConfigError("Values are still being sealed under the old key. Restart the gateway, and run this again.")

    def _pass(self) -> None:
        for what, sealed, unopened in self._store.reseal():
            self._sealed[what] += sealed
            self._unopened += unopened
        for path in self._journals():
            sealed, unopened = reseal_journal(path, self._ring)
            self._sealed["keys of journals"] += sealed
            self._unopened += unopened
        self._sealed["erasures in the log"] += seal_anew(log_path(self._settings), self._ring, _Quiet())

    def _left(self) -> int:
        """Count what an earlier rotation left under an older key."""
        left = self._store.under_older_keys() if len(self._ring.ids) > 1 else 0
        return left + sum(under_older_keys(path, self._ring) for path in self._journals() if len(self._ring.ids) > 1)

    def _journals(self) -> list[Path]:
        folders = (self._settings.journal_folder, *earlier_folders(self._settings))
        return [path for folder in folders for path in slots(folder)]

    def _tell(self, what: str) -> None:
        self._store.add_changes([Change(self._clock.now_ms(), self._who, "key ring", "", what)])


def _unwritable(path: Path, error: OSError) -> ConfigError:
    told = f"The key ring {path} cannot be written ({error.strerror})."
    return ConfigError(f"{told} Let this account write to {path.parent}, and run this again; nothing is lost.")
