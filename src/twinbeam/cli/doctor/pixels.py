"""Checks of the pixels: their codes, their tokens and TikTok's word on them, and the keys that lead to them."""

from collections.abc import Iterator

from twinbeam.admin.pixel_codes import why_no_code
from twinbeam.admin.workspaces import meant_for
from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.cli.setup import opened_store
from twinbeam.core.rules import MAIN
from twinbeam.core.story import LastAnswer, PixelRow
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader
from twinbeam.settings import Settings
from twinbeam.web.pixels.tokens import refusal_of, refusals
from twinbeam.web.wording import since_when


def known(settings: Settings) -> Iterator[CheckResult]:
    """Look whether anything is set up at all."""
    if not _rows(settings):
        yield CheckResult("No pixel is set up.", fix="twinbeam pixels add CODE --token-stdin < token.txt")


def stopped(settings: Settings) -> Iterator[CheckResult]:
    """Look for pixels to which nothing is sent because somebody stopped them."""
    for row in _rows(settings):
        if row.stopped is not None:
            start = f"twinbeam pixels start {row.code}{meant_for(row.workspace)}"
            told = f"Pixel {row.code} ({row.name}){_where(row)} is stopped {since_when(row.stopped)}"
            yield CheckResult(f"{told}. To start it: {start}", is_note=True)


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
    finally:
        reader.close()
    for row in rows:
        yield _token(row, refusal_of(row, refused))


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


def _token(row: PixelRow, refusal: LastAnswer | None) -> CheckResult:
    named, mend = f"{row.code} ({row.name}){_where(row)}", f"twinbeam pixels token {row.code}{meant_for(row.workspace)}"
    if not row.token_from:
        return CheckResult(f"Pixel {named} has no token.", fix=f"{mend} < token.txt")
    if refusal is None:
        return CheckResult(f"Pixel {named} {'has a token' if row.has_token else f'uses account {row.account}'}.")
    said = f"code {refusal.code}, {refusal.message}".rstrip(" ,.")
    return CheckResult(
        f"TikTok rejects the token of pixel {named}: {said}.",
        fix=f"Save a new one from TikTok Events Manager: {mend} < token.txt",
    )


def _rows(settings: Settings) -> list[PixelRow]:
    if not (settings.data / FILE).exists():
        return []
    with opened_store() as store:
        return store.pixels()


def _where(row: PixelRow) -> str:
    return "" if row.workspace == MAIN else f" of workspace {row.workspace}"
