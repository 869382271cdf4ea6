"""Leave a journal that cannot be used where it is, and end."""

from twinbeam.app.slot import Slot
from twinbeam.core.errors import StorageDamaged, StorageError


def _give_up(_slot: Slot, error: StorageDamaged) -> None:
    raise error


def _remember(_slot: Slot, trouble: StorageError) -> None:
    raise trouble


Slot._begin_anew = _give_up  # type: ignore[method-assign]
Slot._remember = _remember  # type: ignore[method-assign]
