"""Test mode of a pixel: what is a test goes to TikTok's test page while a test code is on, and is dropped otherwise."""

import re

from msgspec.structs import replace

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid, quoted
from twinbeam.admin.pixels import known, save_rules

HOURS = 24  #: a test code that stays on would keep real orders out of the reports
_MS_PER_MINUTE = 60_000
_CODE = re.compile(r"[A-Za-z0-9]{4,40}")


def check_code(test_code: str) -> None:
    """Raise Invalid unless this may be a test code."""
    if not _CODE.fullmatch(test_code):
        raise Invalid(f"{quoted(test_code)} is not a test code: it has letters and digits only, such as TEST12345.")


def turn_on(admin: Admin, workspace: str, code: str, test_code: str, *, minutes: int = HOURS * 60) -> int:
    """Send a pixel's tests to TikTok's test page for 24 hours at most; returns until when, ms. Raises AdminError."""
    check_code(test_code)
    until_ms = admin.clock.now_ms() + min(minutes, HOURS * 60) * _MS_PER_MINUTE
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        save_rules(admin, row, replace(row.rules, test_code=test_code, test_until_ms=until_ms), audit)
    return until_ms


def turn_off(admin: Admin, workspace: str, code: str) -> None:
    """Drop a pixel's tests from now on; the code stays known, so that what waits for it ends. Raises NotFound."""
    with changing(admin) as audit:
        row = known(admin, workspace, code)
        save_rules(admin, row, replace(row.rules, test_until_ms=0), audit)
