"""What a check finds, and what a check is."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from twinbeam.settings import Settings


class CheckResult(Struct, frozen=True):
    """One check's result: what was found, and the fix where something is wrong."""

    what: str
    fix: str = ""  #: "" when nothing is wrong
    is_note: bool = False  #: neither right nor wrong

    @property
    def fine(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.fix

    @property
    def word(self) -> str:
        """Mark it for a quick look."""
        return "FAIL" if self.fix else "note" if self.is_note else "ok  "


class Check(Struct, frozen=True):
    """One thing to look at."""

    of: str  #: as in "the check of the store could not be made"
    make: Callable[[Settings], Iterator[CheckResult]]
    opens_files: bool = True  #: made only where the files belong to whoever asks
