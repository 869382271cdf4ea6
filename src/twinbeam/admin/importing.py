"""
What an import brings, taken in: pixels are added and marked, never removed, and each change is told in the audit.

An ad account is taken in as a whole, in one transaction with the note that it is done: what a kill cuts off is read
again, what is done is not.
"""

from msgspec.structs import replace

from twinbeam.admin.account_contract import AccountStore
from twinbeam.admin.accounts import note_advertisers, what
from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.import_plan import Plan, plan
from twinbeam.admin.pixel_codes import why_no_code
from twinbeam.core.accounts import (
    AccountProblem,
    AccountTrouble,
    Advertiser,
    AdvertiserSeen,
    ConnectedAccount,
    EventStat,
    ImportRun,
    PixelSeen,
)
from twinbeam.core.clock import day_of
from twinbeam.core.imports import Course, Harvest

INTERVAL_MINUTES = 15
_EARLY_MINUTES = 2  #: the scheduler comes a tenth sooner or later
_RESUME_MINUTES = 60  #: an import that was cut off before that begins anew
STATS_DAYS = 35  #: for how long TikTok's counts are kept: it gives 30 days of them
_MS_PER_MINUTE = 60_000


def due(admin: Admin) -> list[str]:
    """Return the connections to import now: asked for, cut off, or read for the last time 15 minutes ago."""
    now_ms, store = admin.clock.now_ms(), admin.store.accounts
    return [each.id for each in store.connections() if each.state == "connected" and _is_due(store, each, now_ms)]


def begin(admin: Admin, connection: str) -> Course | None:
    """Begin an import, or go on with the one that was cut off; None where its token cannot be opened."""
    store = admin.store.accounts
    credentials = store.credentials(connection)
    if credentials is None:
        broken(admin, connection, AccountTrouble(AccountProblem.UNREADABLE))
        return None
    before, now_ms = store.run(connection), admin.clock.now_ms()
    with admin.store.transaction():
        store.change_connection(connection, asked_ms=None)
        if before is not None and _goes_on(before, now_ms):
            run = before
        else:
            run = ImportRun((before.id if before else 0) + 1, connection, started_ms=now_ms, total=0)
            store.save_run(run)
    return Course(run, *credentials, lists_accounts=run.total == 0, left=_left(store, run))


def take_advertisers(admin: Admin, course: Course, seen: tuple[AdvertiserSeen, ...]) -> Course:
    """Take in which ad accounts the token covers, and return the course with those that are to be read."""
    store, run = admin.store.accounts, course.run
    with changing(admin) as audit:
        note_advertisers(admin, run.connection, seen, audit)
        for each in store.advertisers(run.connection):
            if each.gone_since_ms == audit.at_ms:
                run = _taken(admin, run, each, (), audit)
        left = _left(store, run)
        run = replace(run, total=len(left))
        store.save_run(run)
    return replace(course, run=run, lists_accounts=False, left=left)


def take(admin: Admin, course: Course, harvest: Harvest) -> None:
    """Take in what came from one ad account, and note that it is done."""
    store, connection = admin.store.accounts, course.run.connection
    with changing(admin) as audit:
        run = store.run(connection) or course.run
        advertiser = {each.id: each for each in store.advertisers(connection)}[harvest.advertiser]
        if harvest.pixels is not None:
            run = _taken(admin, run, advertiser, harvest.pixels, audit)
        for counted in harvest.days:
            stats = [
                EventStat(connection, it.pixel_id, it.event, counted.day, it.browser, it.server, it.total, audit.at_ms)
                for it in counted.stats
                if it.pixel_id in counted.pixel_ids
            ]
            store.save_stats(connection, counted.pixel_ids, counted.day, stats)
        store.save_advertisers([_with_outcome(advertiser, harvest, audit.at_ms)])
        store.mark_done(connection, advertiser.id, run.id)
        store.save_run(replace(run, done=run.done + 1))


def end(admin: Admin, course: Course, trouble: AccountTrouble | None) -> None:
    """End an import: well, or with what kept it from its end; what passes leaves it to be gone on with."""
    store, connection = admin.store.accounts, course.run.connection
    if trouble is not None and trouble.problem.ends_connection:
        if not _is_its_token(store, course):
            with admin.store.transaction():
                store.save_run(replace(store.run(connection) or course.run, ended_ms=admin.clock.now_ms()))
                store.change_connection(connection, asked_ms=admin.clock.now_ms())
            return
        broken(admin, connection, trouble)
    with changing(admin) as audit:
        run = store.run(connection) or course.run
        ended_ms = None if trouble is not None and trouble.problem.passes else audit.at_ms
        problem, detail = (trouble.problem.value, trouble.detail) if trouble else ("", "")
        store.save_run(replace(run, ended_ms=ended_ms, problem=problem, detail=detail))
        before = {each.id: each for each in store.connections()}[connection]
        if before.state == "connected":
            since = (before.trouble_since_ms or audit.at_ms) if trouble else None
            store.change_connection(connection, problem=problem, detail=detail, trouble_since_ms=since)
        if before.state == "connected" and bool(before.problem) != bool(problem):
            audit.tell(f"{what(connection)} import", before.problem or "well", problem or "well again")
        store.forget_stats(before_day=day_of(audit.at_ms) - STATS_DAYS)


def broken(admin: Admin, connection: str, trouble: AccountTrouble) -> None:
    """Note that a connection's token is of no use until somebody reconnects it."""
    store = admin.store.accounts
    with changing(admin) as audit:
        values = {"state": "broken", "problem": trouble.problem.value, "detail": trouble.detail, "asked_ms": None}
        store.change_connection(connection, **values, trouble_since_ms=audit.at_ms)
        audit.tell(what(connection), "connected", f"broken: {trouble.problem.value}")


def _is_due(store: AccountStore, connection: ConnectedAccount, now_ms: int) -> bool:
    run = store.run(connection.id)
    if connection.asked_ms is not None or run is None or run.ended_ms is None:
        return True
    return now_ms - run.started_ms >= (INTERVAL_MINUTES - _EARLY_MINUTES) * _MS_PER_MINUTE


def _goes_on(run: ImportRun, now_ms: int) -> bool:
    return run.ended_ms is None and 0 <= now_ms - run.started_ms < _RESUME_MINUTES * _MS_PER_MINUTE


def _is_its_token(store: AccountStore, course: Course) -> bool:
    """Return whether the account still has the token that the import went by: it may have been renewed meanwhile."""
    now = store.credentials(course.run.connection)
    return now is None or now[1] == course.token


def _left(store: AccountStore, run: ImportRun) -> tuple[Advertiser, ...]:
    undone = set(store.undone(run.connection, run.id))
    return tuple(each for each in store.advertisers(run.connection) if each.id in undone)


def _taken(
    admin: Admin, run: ImportRun, advertiser: Advertiser, seen: tuple[PixelSeen, ...], audit: Lines
) -> ImportRun:
    """Bring pixels up to date by a whole listing, and return the import with what that came to."""
    store = admin.store.accounts
    place = (run.connection, advertiser.id)
    found = plan(place, store.imported_pixels(*place), seen, audit.at_ms)
    store.save_imported(found.rows)
    connection = {each.id: each for each in store.connections()}[run.connection]
    added = _add_pixels(admin, connection, advertiser, found, audit)
    _rename(admin, connection, found, audit)
    for change in found.changes:
        audit.tell(f"pixel {connection.workspace}/{change.code} at TikTok {change.field}", change.before, change.after)
    changed = len({change.code for change in found.changes} - set(found.vanished))
    return replace(
        run, added=run.added + added, changed=run.changed + changed, vanished=run.vanished + len(found.vanished)
    )


def _add_pixels(admin: Admin, connection: ConnectedAccount, advertiser: Advertiser, found: Plan, audit: Lines) -> int:
    """Add what was never seen here; a pixel that its owner took away is not brought back."""
    if not found.added:
        return 0
    there = {(row.workspace, row.code) for row in admin.store.pixels()}
    new = [
        pixel
        for pixel in found.added
        if not why_no_code(pixel.code, "web") and (connection.workspace, pixel.code) not in there
    ]
    for pixel in new:
        name = pixel.name or pixel.code
        admin.store.save_pixel(
            workspace=connection.workspace, code=pixel.code, event_source="web", name=name, now_ms=audit.at_ms
        )
        audit.tell(f"pixel {connection.workspace}/{pixel.code}", "", f"imported from ad account {advertiser.id}")
    return len(new)


def _rename(admin: Admin, connection: ConnectedAccount, found: Plan, audit: Lines) -> None:
    """Let a pixel follow its name at TikTok, unless its owner gave it another one here."""
    names = {change.code: (change.before, change.after) for change in found.changes if change.field == "name"}
    for row in admin.store.pixels() if names else ():
        before, after = names.get(row.code, ("", ""))
        if after and row.workspace == connection.workspace and row.name in (before, row.code):
            admin.store.save_pixel(
                workspace=row.workspace,
                code=row.code,
                event_source=row.event_source,
                name=after,
                rules=row.rules,
                now_ms=audit.at_ms,
            )
            audit.tell(f"pixel {row.workspace}/{row.code}", row.name, after)


def _with_outcome(advertiser: Advertiser, harvest: Harvest, now_ms: int) -> Advertiser:
    trouble = harvest.trouble
    return replace(
        advertiser,
        problem=trouble.problem.value if trouble else "",
        detail=trouble.detail if trouble else "",
        trouble_since_ms=(advertiser.trouble_since_ms or now_ms) if trouble else None,
        imported_ms=advertiser.imported_ms if harvest.pixels is None else now_ms,
        stats_day=advertiser.stats_day if harvest.stats_day is None else harvest.stats_day,
    )
