"""
The keys of a journal's days, put under the newest key of the ring beside the process that appends.

That process keeps the keys open in memory and reads their rows at its start only. This is the one writer beside it: a
transaction of a few rows, for which an append waits as it would for a slow disk.
"""

from contextlib import closing
from pathlib import Path

from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.keyring import KeyRing, day_context, key_id_of
from twinbeam.engines.sqlite_file import open_checkpointer, transaction, translated


def reseal_journal(path: Path, ring: KeyRing) -> tuple[int, int]:
    """Return how many keys of days were put under the newest key, and how many the ring does not open."""
    done = unopened = 0
    with closing(open_checkpointer(path)) as db:
        with translated():
            there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'day_key'").fetchone()
        if there is None:
            return 0, 0
        with transaction(db):
            for day, wrapped in db.execute("SELECT day, wrapped FROM day_key").fetchall():
                try:
                    anew = ring.sealed_anew(wrapped, day_context(day))
                except StorageDamaged:
                    unopened += 1
                    continue
                if anew is not None:
                    db.execute("UPDATE day_key SET wrapped = ? WHERE day = ?", (anew, day))
                    done += 1
    return done, unopened


def under_older_keys(path: Path, ring: KeyRing) -> int:
    """Count the keys of days that are under another key than the newest."""
    with closing(open_checkpointer(path)) as db, translated():
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'day_key'").fetchone() is None:
            return 0
        return sum(key_id_of(wrapped) != ring.ids[0] for (wrapped,) in db.execute("SELECT wrapped FROM day_key"))
