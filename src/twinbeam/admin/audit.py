"""The audit: who changed what, and when. Every change of this room is made, and told, through `changing`."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from twinbeam.admin.audit_diff import differences
from twinbeam.admin.contract import Admin
from twinbeam.core.story import Change
from twinbeam.core.values import plain


class Lines:
    """The lines about the changes that are being made: all of one moment, and of one actor."""

    def __init__(self, who: str, at_ms: int) -> None:
        self._who = who
        self.at_ms = at_ms
        self.written: list[Change] = []

    def tell(self, what: str, before: str, after: str) -> None:
        """Add a line; never an identifier, a token or the text of a key, because lines stay for ever."""
        self.written.append(Change(self.at_ms, self._who, what, before, after))

    def tell_rules(self, what: str, before: Struct, after: Struct) -> None:
        """Add a line for each rule that differs; "" stands for the default."""
        for name, old, new in differences(plain(before), plain(after)):
            self.tell(f"{what} {name}", old, new)


@contextmanager
def changing(admin: Admin) -> Iterator[Lines]:
    """Commit what is changed inside together with its lines in the audit, or nothing of it."""
    lines = Lines(admin.actor.name, admin.clock.now_ms())
    with admin.store.transaction():
        yield lines
        admin.store.add_changes(lines.written)


def latest(admin: Admin, *, limit: int) -> list[Change]:
    """Return the latest changes, newest first."""
    return admin.store.changes(limit=limit)
