"""Checks of the pixels: their codes, their tokens and TikTok's word on them, and the keys that lead to them."""

from collections.abc import Iterator
from contextlib import closing

from twinbeam.admin import pixels as admin_pixels
from twinbeam.admin.events_api import events_api
from twinbeam.admin.launch.facts import LaunchFacts, launch_facts
from twinbeam.admin.pixel_codes import why_no_code
from twinbeam.admin.refusals import refusal_of, refusals
from twinbeam.admin.workspaces import meant_for
from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.cli.setup import opened_admin, opened_store
from twinbeam.cli.setup import settings as settings_in_force
from twinbeam.core.events_api import ApiState, EventsApi
from twinbeam.core.rules import DEFAULT_WORKSPACE, MAIN
from twinbeam.core.story import PixelRow
from twinbeam.core.wording import flowing_since, since_when, utc
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader
from twinbeam.settings import Settings


def known(settings: Settings) -> Iterator[CheckResult]:
    """Look whether anything is set up at all."""
    if not _rows(settings):
        yield CheckResult("No pixel is set up.", fix="twinbeam pixels add CODE --token-stdin < token.txt")


def stopped(settings: Settings) -> Iterator[CheckResult]:
    """Look for pixels to which nothing, or nothing new, is sent because somebody wants it so."""
    for row in _rows(settings):
        if row.stopped is not None:
            start = f"twinbeam pixels start {row.code}{meant_for(row.workspace)}"
            told = f"Pixel {row.code} ({row.name}){_where(row)} is stopped {since_when(row.stopped)}"
            yield CheckResult(f"{told}. To start it: {start}", is_note=True)
        if row.flow is not None:
            resume = f"twinbeam pixels resume {row.code}{meant_for(row.workspace)}"
            told = f"Pixel {row.code} ({row.name}){_where(row)} is {row.flow.mode} {flowing_since(row.flow)}"
            yield CheckResult(f"{told}. To resume it: {resume}", is_note=True)


def codes(settings: Settings) -> Iterator[CheckResult]:
    """Look for codes that TikTok gives to no pixel."""
    for row in _rows(settings):
        if problem := why_no_code(row.code, row.event_source):
            fix = f"Add the right one, then: twinbeam pixels remove {row.code}{meant_for(row.workspace)}"
            yield CheckResult(f"Pixel {row.code}{_where(row)}: {problem}", fix)


def tokens(settings: Settings) -> Iterator[CheckResult]:
    """Look for pixels without a token, and for tokens that TikTok refused when they were last used."""
    rows = _rows(settings)
    if not rows:
        return
    reader = SqliteReader(settings.data)
    try:
        refused = refusals(reader.last_answers(), ACCESS_CODES)
        checks = {(check.workspace, check.pixel): check for check in reader.token_checks.all()}
    finally:
        reader.close()
    for row in rows:
        yield _token(row, events_api(row, checks.get((row.workspace, row.code)), refusal_of(row, refused)))


def keys(settings: Settings) -> Iterator[CheckResult]:
    """Look for pixels to which no key and no signed source leads."""
    rows = _rows(settings)
    if not rows:
        return
    with opened_store() as store:
        valid = [key for key in store.access_keys() if key.revoked_ms is None]
        signed = {(it.workspace, route.pixel) for it in store.signed_sources() for route in it.routes}
    for row in rows:
        by_key = any(row.code in key.pixels and key.workspace == row.workspace for key in valid)
        writes = by_key or (row.workspace, row.code) in signed
        how = "a write key" if by_key else "a signed source" if writes else "no write key"
        fix = f"twinbeam keys create server --source shop --pixel {row.code}{meant_for(row.workspace)}"
        yield CheckResult(f"Pixel {row.code}{_where(row)} has {how}.", fix="" if writes else fix)


def facts_of(workspace: str, code: str) -> LaunchFacts:
    """Read what is known of one pixel, for its checklist; raises NotFound."""
    with opened_admin() as admin:
        row = admin_pixels.known(admin, workspace, code)
        hosts = admin.store.workspaces().get(workspace, DEFAULT_WORKSPACE).hosts
        now_ms = admin.clock.now_ms()
    with closing(SqliteReader(settings_in_force().data)) as reader:
        return launch_facts(reader, row, hosts, now_ms, ACCESS_CODES)


def _token(row: PixelRow, found: EventsApi) -> CheckResult:
    named, mend = f"{row.code} ({row.name}){_where(row)}", f"twinbeam pixels token {row.code}{meant_for(row.workspace)}"
    match found.state:
        case ApiState.NOT_CONFIGURED if not row.rules.expects("server"):
            return CheckResult(f"Pixel {named} needs no token: its events are left to TikTok's script (way=browser).")
        case ApiState.NOT_CONFIGURED:
            return CheckResult(f"Pixel {named} has no token.", fix=f"{mend} < token.txt")
        case ApiState.FAILING:
            return CheckResult(
                f"TikTok rejects the token of pixel {named}: {found.answer}. Failing since {utc(found.since_ms or 0)}.",
                fix=f"{found.advice} {mend} < token.txt",
            )
        case ApiState.CONFIGURED:
            return CheckResult(f"Pixel {named} {'has a token' if row.has_token else 'uses the token of its account'}.")


def _rows(settings: Settings) -> list[PixelRow]:
    if not (settings.data / FILE).exists():
        return []
    with opened_store() as store:
        return store.pixels()


def _where(row: PixelRow) -> str:
    return "" if row.workspace == MAIN else f" of workspace {row.workspace}"
