"""The kill switch: to a stopped pixel nothing is sent, its browser tag does nothing, and its events wait."""

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.free_text import check_line
from twinbeam.admin.pixels import known, what
from twinbeam.core.story import Stopped


def stop(admin: Admin, workspace: str, code: str, why: str = "") -> Stopped | None:
    """Stop a pixel; returns how it was stopped before, which stays, or None where it was not. Raises AdminError."""
    check_line("reason", why)
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        if row.stopped is None:
            who = admin.actor.name
            admin.store.stop_pixel(workspace=workspace, code=code, why=why, who=who, now_ms=audit.at_ms)
            audit.tell(what(row), "started", f"stopped: {why}" if why else "stopped")
    return row.stopped


def start(admin: Admin, workspace: str, code: str) -> int | None:
    """Start a pixel; returns how many conversions wait to be sent, or None where it is not stopped. Raises NotFound."""
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        if row.stopped is None:
            return None
        _, waiting = admin.store.unsent_of(workspace, code)
        admin.store.start_pixel(workspace=workspace, code=code)
        audit.tell(what(row), "stopped", "started")
    return waiting
