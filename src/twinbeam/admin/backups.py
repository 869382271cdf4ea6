"""Backups, and what waits for its owner's decision after a restore."""

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import NotFound
from twinbeam.core.restored import Awaiting, Decision

_DONE = {"send": "sent", "discard": "discarded"}


def awaiting(admin: Admin) -> list[Awaiting]:
    """Return what is held because it came back with a backup that was too old to tell whether it was sent since."""
    return admin.store.awaiting_decision()


def decide(admin: Admin, decision: Decision) -> int:
    """Let a running gateway send or end what is held since a restore; returns how many. Raises NotFound."""
    with changing(admin) as audit:
        count = sum(it.count for it in awaiting(admin))
        if not count:
            raise NotFound("Nothing is held since a restore; nothing was changed.")
        admin.store.decide_restored(decision, audit.at_ms)
        audit.tell(f"{count} conversions of a backup", "held", _DONE[decision])
    return count
