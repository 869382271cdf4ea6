"""Imports of files: that they were made stands in the audit, and how far they came in the store."""

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.workspaces import known as known_workspace


def begin(admin: Admin, workspace: str, what: str, digest: str) -> int:
    """Note that an import begins, or goes on, and return how many records are done; raises AdminError."""
    known_workspace(admin, workspace)
    done = admin.store.orders.imported(digest)
    with changing(admin) as audit:
        audit.tell(f"import {workspace}", f"{done} records" if done else "", what)
    return done


def advance(admin: Admin, digest: str, done: int) -> None:
    """Note how far an import came; what is noted is durable in a journal."""
    admin.store.orders.note_import(digest, done, admin.clock.now_ms())
