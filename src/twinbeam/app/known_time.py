"""
What this installation knows of the time: a small file in the data folder (`clock.json`).

The writer notes there, now and then, the newest time at which it worked; ingest processes read it. A clock that shows
an earlier day, or a day before this release was made, is wrong: what it would refuse as future is asked for again.
`twinbeam doctor --accept-clock` writes the time as it is, with a mark of its own, and every process takes it over.
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import Struct

from twinbeam import RELEASED
from twinbeam.core.clock import MS_PER_DAY, Clock, day_of
from twinbeam.core.errors import ConfigError
from twinbeam.core.steady import SteadyClock

FILE = "clock.json"
NOTE_MS = 60_000  #: between two notes of the writer
RELEASED_MS = round(datetime.fromisoformat(RELEASED).replace(tzinfo=UTC).timestamp() * 1_000)
MEND = "Set the clock of this machine; if it is right as it is, run: twinbeam doctor --accept-clock"


class KnownTime(Struct, frozen=True):
    """The newest time at which the writer worked, and the last confirmation by a person."""

    newest_ms: int = 0
    accepted: str = ""  #: a mark that each confirmation draws anew

    def floor_ms(self) -> int:
        """Return the earliest time that is possible now: the newest known day, and none before the release."""
        return max(RELEASED_MS, day_of(self.newest_ms) * MS_PER_DAY)


def read_known_time(folder: Path) -> KnownTime:
    """Read what is known; nothing where there is no file, or none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=KnownTime)
    except (OSError, msgspec.MsgspecError):
        return KnownTime()


def write_known_time(folder: Path, known: KnownTime) -> bool:
    """Write it in one step; False where the disk does not take it."""
    draft = folder / f"{FILE}.draft"
    try:
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.encode(known))
        draft.replace(folder / FILE)
    except OSError:
        return False
    return True


def accept_clock(folder: Path, now_ms: int) -> None:
    """Confirm the clock: from now on this is the newest time that is known; raises ConfigError."""
    if not write_known_time(folder, KnownTime(newest_ms=now_ms, accepted=uuid4().hex)):
        raise ConfigError(f"{folder / FILE} cannot be written; make room, or let this account write there.")


class Watch:
    """A process's view of it: whether its clock may be right, and whether somebody has confirmed it."""

    def __init__(self, folder: Path, clock: Clock, *, known_ms: int = 0) -> None:
        self._folder = folder
        found = read_known_time(folder)
        self._known = found if found.newest_ms else KnownTime(known_ms)
        self.clock = SteadyClock(clock, known_ms=self._known.newest_ms, floor_ms=self._known.floor_ms())

    def is_right(self) -> bool:
        """Return whether the clock shows a possible time: no day before the newest one, or before the release."""
        return self.clock.now_ms() >= self._known.floor_ms()

    def is_sure(self) -> bool:
        """Return whether something may be ended or removed, or be sent once more, because of the time."""
        return self.clock.is_sure() and self.is_right()

    def look(self) -> None:
        """Take over what was confirmed, or noted by others; call it each second."""
        found = read_known_time(self._folder)
        if found.accepted != self._known.accepted:
            self._known = found
            self.clock.accept()
        elif found.newest_ms > self._known.newest_ms:
            self._known = found
        self.clock.look()

    def note(self) -> None:
        """Note, for all processes and for the next start, how late it is; for the writer."""
        now_ms = self.clock.now_ms()
        known = KnownTime(now_ms, self._known.accepted)
        if now_ms - self._known.newest_ms >= NOTE_MS and self.is_sure() and write_known_time(self._folder, known):
            self._known = known

    def trouble(self) -> str:
        """Return one sentence on what is wrong with the clock, or nothing."""
        if apart := self.clock.apart_ms():
            way = "ahead" if apart > 0 else "back"
            return f"The clock was set {way} by {abs(apart) / 1_000:.0f} seconds."
        if not self.is_right():
            return "The clock shows a day before this release, or before the newest day on record."
        return "" if self.is_sure() else "The clock is more than a day ahead of the newest time on record."
