"""Pixels and event sets: added, ruled and removed."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.audit_diff import as_text
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.pixel_codes import why_no_code
from twinbeam.admin.rules import changed
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.admin.workspaces import meant_for
from twinbeam.core.rules import DEFAULT_RULES, MAIN, PixelRules
from twinbeam.core.story import KeyRow, PixelRow

ConsentPolicy = Literal["by_region", "require", "not_required"]


class NewPixel(Struct, frozen=True):
    """A pixel or event set as somebody wants it; what is not said stays as it is, or is as by default."""

    code: str
    event_source: str = "web"
    name: str = ""
    consent: ConsentPolicy | None = None
    workspace: str = MAIN


class Removal(Struct, frozen=True):
    """What the removal of a pixel would do, or did."""

    pixel: PixelRow
    revoked: list[str]  #: the write keys that lead to it alone, by their ids
    changed: list[str]  #: the other keys, which lose their routes to it
    held: int  #: conversions that end unsent, because they are held
    waiting: int  #: likewise, because they wait to be sent


def add(admin: Admin, wanted: NewPixel) -> PixelRow:
    """Add a pixel or event set, or change its name and policy; raises AdminError."""
    check_code(wanted.code, wanted.event_source)
    policy = {"consent.policy": wanted.consent} if wanted.consent else {}
    with changing(admin) as audit:
        before = _find(admin, known_workspace(admin, wanted.workspace), wanted.code)
        row = before or _new(wanted, audit.at_ms)
        after = replace(row, name=wanted.name or row.name, rules=changed(row.rules, policy))
        _save(admin, before, after, audit)
    return after


def check_code(code: str, event_source: str) -> None:
    """Raise Invalid unless this may be the code of a pixel, or the id of an event set."""
    if problem := why_no_code(code, event_source):
        raise Invalid(f"{code}: {problem}")


def listed(admin: Admin, workspace: str) -> list[PixelRow]:
    """Return the pixels of a workspace; raises NotFound."""
    known_workspace(admin, workspace)
    return [row for row in admin.store.pixels() if row.workspace == workspace]


def known(admin: Admin, workspace: str, code: str) -> PixelRow:
    """Return a pixel that was added; raises NotFound, which offers it where it is."""
    row = _find(admin, known_workspace(admin, workspace), code)
    if row is None:
        raise NotFound(_not_there(workspace, code, [row.workspace for row in admin.store.pixels() if row.code == code]))
    return row


def decide(admin: Admin, workspace: str, code: str, wanted: Mapping[str, str]) -> PixelRules:
    """Change rules of a pixel, by their names; an empty value puts the default back. Raises AdminError."""
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        rules = changed(row.rules, wanted)
        save_rules(admin, row, rules, audit)
    return rules


def save_rules(admin: Admin, row: PixelRow, rules: PixelRules, audit: Lines) -> None:
    """Put other rules in force; call inside `changing`."""
    _save(admin, row, replace(row, rules=rules), audit)


def removal(admin: Admin, workspace: str, code: str) -> Removal:
    """Say what removing a pixel would do; raises NotFound."""
    row = known(admin, workspace, code)
    leading = [key for key in admin.store.access_keys() if _leads_to(key, row)]
    revoked = [key.id for key in leading if _leads_there_alone(key, row)]
    others = [key.id for key in leading if key.id not in revoked]
    return Removal(row, revoked, others, *admin.store.unsent_of(workspace, code))


def remove(admin: Admin, workspace: str, code: str) -> Removal:
    """
    Take a pixel away, its token and its rules with it; raises NotFound.

    Keys lose their routes to it, and a write key that led to it alone is revoked. What waits for it ends unsent.
    """
    with changing(admin) as audit:
        done = removal(admin, workspace, code)
        admin.store.remove_pixel(workspace=workspace, code=code, now_ms=audit.at_ms)
        audit.tell(_what(done.pixel), done.pixel.name, "removed")
        for key in admin.store.access_keys():
            if key.id in done.revoked:
                admin.store.revoke_key(key.id, audit.at_ms)
                audit.tell(f"key {key.id}", "valid", f"revoked: it led to pixel {code} alone")
            elif key.id in done.changed:
                left = [route for route in key.routes if route.pixel != code]
                admin.store.save_routes(key.id, left)
                audit.tell(f"key {key.id}", as_text(key.routes), as_text(left))
    return done


def _find(admin: Admin, workspace: str, code: str) -> PixelRow | None:
    places = {(row.workspace, row.code): row for row in admin.store.pixels()}
    return places.get((workspace, code))


def _new(wanted: NewPixel, now_ms: int) -> PixelRow:
    return PixelRow(
        wanted.workspace,
        wanted.code,
        wanted.event_source,
        name=wanted.code,
        has_token=False,
        token_ms=None,
        created_ms=now_ms,
    )


def _save(admin: Admin, before: PixelRow | None, after: PixelRow, audit: Lines) -> None:
    """Write a pixel, and tell in what it differs from before."""
    admin.store.save_pixel(
        workspace=after.workspace,
        code=after.code,
        event_source=after.event_source,
        name=after.name,
        rules=after.rules,
        now_ms=audit.at_ms,
    )
    name, rules = (before.name, before.rules) if before else ("", DEFAULT_RULES)
    if name != after.name:
        audit.tell(_what(after), name, after.name)
    audit.tell_rules(_what(after), rules, after.rules)


def _what(row: PixelRow) -> str:
    return f"pixel {row.workspace}/{row.code}"


def _leads_to(key: KeyRow, row: PixelRow) -> bool:
    return key.revoked_ms is None and key.workspace == row.workspace and row.code in key.pixels


def _leads_there_alone(key: KeyRow, row: PixelRow) -> bool:
    return key.pixels == [row.code] and key.kind != "read"


def _not_there(workspace: str, code: str, others: list[str]) -> str:
    """Say that a pixel is not in a workspace, and offer it where it is."""
    elsewhere = meant_for(workspace)
    where = f" in workspace {workspace}" if elsewhere or others else ""
    command = f"twinbeam pixels add {code}{elsewhere}"
    if not others:
        return f"There is no pixel {code}{where}; add it first: {command}"
    meant = " or ".join(f"say{meant_for(other)}" if other != MAIN else "leave --workspace out" for other in others)
    return (
        f"There is no pixel {code}{where}, but there is one in workspace {' and '.join(others)}: "
        f"{meant}, or add it here: {command}"
    )
