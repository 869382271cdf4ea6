"""Taking a pixel away, and what leads to it alone."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.audit_diff import as_text
from twinbeam.admin.contract import Admin
from twinbeam.admin.pixels import known, what
from twinbeam.core.rules import Route
from twinbeam.core.story import KeyRow, PixelRow, SourceRow


class Removal(Struct, frozen=True):
    """What the removal of a pixel would do, or did."""

    pixel: PixelRow
    revoked: list[KeyRow]  #: the write keys that lead to it alone
    changed: list[KeyRow]  #: the other keys, which lose their routes to it
    removed_sources: list[SourceRow]  #: the sources that lead to it alone
    changed_sources: list[SourceRow]  #: the other sources, which lose their routes to it
    held: int  #: conversions that end unsent, because they are held
    waiting: int  #: likewise, because they wait to be sent


def removal(admin: Admin, workspace: str, code: str) -> Removal:
    """Return what removing a pixel would do; raises NotFound."""
    row = known(admin, workspace, code)
    keys = [key for key in admin.store.access_keys() if key.revoked_ms is None and _leads_to(key, row)]
    signed = [source for source in admin.store.signed_sources() if _leads_to(source, row)]
    held, waiting = admin.store.unsent_of(workspace, code)
    return Removal(
        row,
        revoked=[key for key in keys if key.kind != "read" and not _left(key.routes, code)],
        changed=[key for key in keys if key.kind == "read" or _left(key.routes, code)],
        removed_sources=[source for source in signed if not _left(source.routes, code)],
        changed_sources=[source for source in signed if _left(source.routes, code)],
        held=held,
        waiting=waiting,
    )


def remove(admin: Admin, workspace: str, code: str) -> Removal:
    """
    Take a pixel away, its token and its rules with it; raises NotFound.

    Keys and sources lose their routes to it; a write key that led to it alone is revoked, and a source is removed.
    What waits for it ends unsent.
    """
    with changing(admin) as audit:
        done = removal(admin, workspace, code)
        admin.store.remove_pixel(workspace=workspace, code=code, now_ms=audit.at_ms)
        admin.store.token_checks.forget(workspace, code)
        admin.store.issues.forget(workspace, code)
        _forget_mutes(admin, workspace, code)
        audit.tell(what(done.pixel), done.pixel.name, "removed")
        _change_keys(admin, done, audit)
        _change_sources(admin, done, audit)
    return done


def _change_keys(admin: Admin, done: Removal, audit: Lines) -> None:
    for key in done.revoked:
        admin.store.revoke_key(key.id, audit.at_ms)
        audit.tell(f"key {key.id}", "valid", f"revoked: it led to pixel {done.pixel.code} alone")
    for key in done.changed:
        left = _left(key.routes, done.pixel.code)
        admin.store.save_routes(key.id, left)
        audit.tell(f"key {key.id}", as_text(key.routes), as_text(left))


def _change_sources(admin: Admin, done: Removal, audit: Lines) -> None:
    for source in done.removed_sources:
        admin.store.remove_source(source.name)
        audit.tell(f"source {source.name}", "valid", f"removed: it led to pixel {done.pixel.code} alone")
    for source in done.changed_sources:
        left = _left(source.routes, done.pixel.code)
        admin.store.save_source_routes(source.name, left)
        audit.tell(f"source {source.name}", as_text(source.routes), as_text(left))


def _forget_mutes(admin: Admin, workspace: str, code: str) -> None:
    """Let a pixel that is added again under this code be told of."""
    mutes = admin.store.alerts.mutes()
    admin.store.alerts.remove_mutes([it.id for it in mutes if (it.workspace, it.pixel) == (workspace, code)])


def _leads_to(leading: KeyRow | SourceRow, row: PixelRow) -> bool:
    return leading.workspace == row.workspace and any(route.pixel == row.code for route in leading.routes)


def _left(routes: Sequence[Route], code: str) -> list[Route]:
    """Return the routes that lead elsewhere."""
    return [route for route in routes if route.pixel != code]
