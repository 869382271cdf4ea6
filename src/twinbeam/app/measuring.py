"""What is measured of the machine, for `twinbeam doctor` and for alerts at once."""

import shutil

from twinbeam.core.errors import TwinbeamError
from twinbeam.engines.keyring import KeyRing, day_context
from twinbeam.settings import Settings

_PURPOSE = b"measuring"


def free_bytes(settings: Settings) -> int:
    """Return how much room the disk of the journals has; raises OSError."""
    return shutil.disk_usage(settings.journal_folder).free


def room_bytes(settings: Settings) -> int:
    """Return how much of it may still be used before events are refused; raises OSError."""
    return free_bytes(settings) - settings.disk_reserve_bytes


def is_key_ring_wrong(settings: Settings, ring: KeyRing, sealed: tuple[int, bytes] | None) -> bool:
    """
    Return whether the key ring on the disk would not open what this process writes: after a restart all is lost.

    A rotation may have dropped the key that this process knows; then it opens the newest key of a day, `sealed`.
    """
    try:
        found = KeyRing.open(settings.keyring)
        if ring.derived(_PURPOSE)[0] in found.derived(_PURPOSE):
            return False
        if sealed is None:
            return True
        found.open_sealed(sealed[1], day_context(sealed[0]))
    except (TwinbeamError, OSError):
        return True
    return False
