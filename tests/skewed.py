"""A gateway whose wall clock a test sets while it runs; the monotonic clock goes on as ever."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import twinbeam
from gateway import Shop, a_shop
from running import CHECKOUT, Installation


class Skew:
    """By how much the wall clocks of a shop's processes are ahead."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "skew"
        self.set(0)

    def set(self, ms: int) -> None:
        """Set all wall clocks at once."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(str(ms))
        draft.replace(self.file)


@contextmanager
def a_shop_with_a_clock(folder: Path, **wishes: object) -> Iterator[tuple[Shop, Skew]]:
    """Bring up a shop whose clock can be set."""
    skew = Skew(folder)
    path = [str(Path(__file__).with_name("skew")), str(Path(twinbeam.__file__).parents[1])]
    environment = {**CHECKOUT.environment, "SKEW_FILE": str(skew.file), "PYTHONPATH": os.pathsep.join(path)}
    installed = Installation(CHECKOUT.twinbeam, CHECKOUT.emulator, environment)
    with a_shop(folder, installed=installed, **wishes) as shop:
        yield shop, skew
