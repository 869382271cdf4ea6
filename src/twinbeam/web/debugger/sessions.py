"""Test sessions: pixels whose tests go to TikTok's test page just now, until when, and how one is begun and ended."""

from collections.abc import Iterable, Mapping
from functools import partial

from msgspec import Struct
from starlette.requests import Request

from twinbeam.admin import testing
from twinbeam.admin.errors import Invalid
from twinbeam.core.story import PixelRow
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext

#: For how long a session may be begun, in minutes.
LENGTHS = (30, 120, 24 * 60)


class TestSession(Struct, frozen=True):
    """A pixel whose test code is on."""

    workspace: str
    pixel: str
    name: str
    test_code: str
    until_ms: int

    @property
    def place(self) -> str:
        """Workspace and code, as the list's filter names them."""
        return f"{self.workspace}/{self.pixel}"


def sessions_of(rows: Iterable[PixelRow], now_ms: int) -> list[TestSession]:
    """Return the sessions that are on."""
    return [
        TestSession(row.workspace, row.code, row.name or row.code, code, row.rules.test_until_ms)
        for row in rows
        if (code := row.rules.test_code_at(now_ms))
    ]


async def change(context: RouteContext, request: Request, form: Mapping[str, str]) -> str:
    """Begin or end a session; returns its place. Raises AdminError."""
    place = form.get("pixel", "")
    workspace, _, code = place.partition("/")
    if signed_in(request).workspace not in ("", workspace):
        raise Invalid("There is no such pixel. Choose one of the list.")
    if form.get("do") == "end":
        await act(context, request, partial(testing.turn_off, workspace=workspace, code=code))
        return place
    minutes = form.get("minutes", "")
    if minutes not in map(str, LENGTHS):
        raise Invalid("Choose one of the lengths.")
    begin = partial(testing.turn_on, workspace=workspace, code=code, test_code=form.get("test_code", "").strip())
    await act(context, request, partial(begin, minutes=int(minutes)))
    return place
