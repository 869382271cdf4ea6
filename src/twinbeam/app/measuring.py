"""What is measured of the machine, for `twinbeam doctor` and for alerts at once."""

import shutil

from twinbeam.core.errors import TwinbeamError
from twinbeam.engines.keyring import KeyRing
from twinbeam.settings import Settings

_PURPOSE = b"measuring"


def free_bytes(settings: Settings) -> int:
    """Return how much room the disk of the journals has; raises OSError."""
    return shutil.disk_usage(settings.journal_folder).free


def room_bytes(settings: Settings) -> int:
    """Return how much of it may still be used before events are refused; raises OSError."""
    return free_bytes(settings) - settings.disk_reserve_bytes


def is_key_ring_wrong(settings: Settings, ring: KeyRing) -> bool:
    """Return whether the key ring on the disk would not open what this process writes: after a restart all is lost."""
    try:
        found = KeyRing.open(settings.keyring)
    except (TwinbeamError, OSError):
        return True
    return not set(ring.derived(_PURPOSE)) <= set(found.derived(_PURPOSE))
