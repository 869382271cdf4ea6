"""What the forms of the page do: each calls the function of `admin/` that a command would call."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct
from starlette.requests import Request

from twinbeam.admin import keys, pixels, testing
from twinbeam.admin.errors import Invalid
from twinbeam.admin.launch.ways import Situation, WayAdvice, advised, choose
from twinbeam.core.story import PixelRow
from twinbeam.core.values import KeyKind
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.token_saving import save_token

Form = Mapping[str, str]


class Done(Struct, frozen=True):
    """What the page shows once of what was done; None of it where the facts tell it."""

    step: str  #: where the page goes on
    key: str = ""  #: the text of a key that was made
    kind: str = ""  #: of the key
    advice: WayAdvice | None = None
    situation: Situation | None = None  #: the answers that the advice is for


Doing = Callable[[RouteContext, Request, PixelRow, Form], Awaitable[Done]]


async def do(context: RouteContext, request: Request, row: PixelRow, form: Form) -> Done:
    """Do what a form asks for; raises AdminError."""
    doing = _DOING.get(form.get("do", ""))
    if doing is None:
        raise Invalid("The form is not one of this page. Reload it and try again.")
    return await doing(context, request, row, form)


async def _save_token(context: RouteContext, request: Request, row: PixelRow, form: Form) -> Done:
    place, test_code = (row.workspace, row.code), form.get("test_code", "").strip()
    force = form.get("force", "") == "yes"
    await save_token(context, request, place, form.get("token", "").strip(), force=force, test_code=test_code)
    return Done("token")


async def _advise(_context: RouteContext, _request: Request, _row: PixelRow, form: Form) -> Done:
    ios = form.get("ios", "")
    situation = Situation(
        ios="high" if ios == "high" else "low" if ios == "low" else "unknown",
        privacy=form.get("privacy", "") == "yes",
        valuable=form.get("valuable", "") == "yes",
        starting=form.get("starting", "") == "yes",
    )
    return Done("way", advice=advised(situation), situation=situation)


async def _choose(context: RouteContext, request: Request, row: PixelRow, form: Form) -> Done:
    wanted = form.get("way", "")
    await act(context, request, lambda admin: choose(admin, row.workspace, row.code, wanted))
    return Done("way")


async def _make_key(context: RouteContext, request: Request, row: PixelRow, form: Form) -> Done:
    kind = KeyKind.BROWSER if form.get("kind", "") == "browser" else KeyKind.SERVER
    place, shop = (row.workspace, row.code), form.get("shop", "") or None
    made = await act(context, request, lambda admin: keys.create_for(admin, place, kind, shop))
    return Done("install", key=made.text, kind=kind.value)


async def _name_hosts(context: RouteContext, request: Request, row: PixelRow, form: Form) -> Done:
    hosts = {"hosts": form.get("hosts", "")}
    await act(context, request, lambda admin: pixels.decide(admin, row.workspace, row.code, hosts))
    return Done("checks")


async def _end_tests(context: RouteContext, request: Request, row: PixelRow, _form: Form) -> Done:
    await act(context, request, lambda admin: testing.turn_off(admin, row.workspace, row.code))
    return Done("checks")


_DOING: Mapping[str, Doing] = {
    "token": _save_token,
    "advise": _advise,
    "way": _choose,
    "key": _make_key,
    "hosts": _name_hosts,
    "end_tests": _end_tests,
}
