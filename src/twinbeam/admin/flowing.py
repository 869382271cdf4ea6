"""Pausing, draining and resuming a pixel: events arrive as ever and its tag works; what is sent is decided here."""

from typing import Literal

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.pixels import known, what
from twinbeam.core.story import Flow

Mode = Literal["paused", "draining"]


def pause(admin: Admin, workspace: str, code: str) -> Flow | None:
    """Send nothing to a pixel until it is resumed; returns how it was before. Raises NotFound."""
    return _turn(admin, workspace, code, "paused")


def drain(admin: Admin, workspace: str, code: str) -> Flow | None:
    """Send what waits for a pixel, and nothing that comes later; returns how it was before. Raises NotFound."""
    return _turn(admin, workspace, code, "draining")


def resume(admin: Admin, workspace: str, code: str) -> int | None:
    """Let a pixel go on; returns how many conversions wait to be sent, or None where it went on. Raises NotFound."""
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        if row.flow is None:
            return None
        _, waiting = admin.store.unsent_of(workspace, code)
        admin.store.flows.save(workspace, code, None)
        audit.tell(what(row), row.flow.mode, "resumed")
    return waiting


def _turn(admin: Admin, workspace: str, code: str, mode: Mode) -> Flow | None:
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        if row.flow is None or row.flow.mode != mode:
            admin.store.flows.save(workspace, code, Flow(mode, audit.at_ms, admin.actor.name))
            audit.tell(what(row), "sending" if row.flow is None else row.flow.mode, mode)
    return row.flow
