"""Pixels and event sets: added and ruled."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.audit_diff import differences
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid, NotFound, quoted
from twinbeam.admin.free_text import check_line
from twinbeam.admin.pixel_codes import why_no_code
from twinbeam.admin.rules import changed
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.admin.workspaces import meant_for
from twinbeam.core.rules import DEFAULT_RULES, MAIN, PixelRules
from twinbeam.core.story import PixelRow
from twinbeam.core.values import plain

ConsentPolicy = Literal["by_region", "require", "not_required"]


class NewPixel(Struct, frozen=True):
    """A pixel or event set as somebody wants it; what is not said stays as it is, or is as by default."""

    code: str
    event_source: str = "web"
    name: str = ""
    consent: ConsentPolicy | None = None
    workspace: str = MAIN


def add(admin: Admin, wanted: NewPixel) -> PixelRow:
    """Add a pixel or event set, or change its name and policy; raises AdminError."""
    check_code(wanted.code, wanted.event_source)
    check_line("name", wanted.name)
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
        raise Invalid(f"{quoted(code)}: {problem}")


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


def preview(row: PixelRow, wanted: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what `decide` would change: each rule with its values before and after. Raises AdminError."""
    rules = changed(row.rules, wanted)
    check_together(row.event_source, rules)
    return list(differences(plain(row.rules), plain(rules)))


def check_together(event_source: str, rules: PixelRules) -> None:
    """Raise Invalid where what is right by itself cannot be together."""
    if event_source == "web" and rules.value == "margin" and rules.way_of("Purchase") != "server":
        raise Invalid(
            "value=margin: TikTok's own script would tell the revenue of the same purchase. Let the server alone "
            "report it, and set both: value=margin ways.Purchase=server"
        )


def save_rules(admin: Admin, row: PixelRow, rules: PixelRules, audit: Lines) -> None:
    """Put other rules in force; call inside `changing`. Raises Invalid for rules that cannot be together."""
    check_together(row.event_source, rules)
    _save(admin, row, replace(row, rules=rules), audit)


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
        audit.tell(what(after), name, after.name)
    audit.tell_rules(what(after), rules, after.rules)


def what(row: PixelRow) -> str:
    """Return how the audit names a pixel."""
    return f"pixel {row.workspace}/{row.code}"


def _not_there(workspace: str, code: str, others: list[str]) -> str:
    """Return the sentence that a pixel is not in a workspace, with where it is."""
    code, workspace = quoted(code), quoted(workspace)
    elsewhere = meant_for(workspace)
    where = f" in workspace {workspace}" if elsewhere or others else ""
    command = f"twinbeam pixels add {code}{elsewhere}"
    if not others:
        return f"There is no pixel {code}{where}. See: twinbeam pixels list{elsewhere}; or add it: {command}"
    meant = " or ".join(f"say{meant_for(other)}" if other != MAIN else "leave --workspace out" for other in others)
    return (
        f"There is no pixel {code}{where}, but there is one in workspace {' and '.join(others)}: "
        f"{meant}, or add it here: {command}"
    )
