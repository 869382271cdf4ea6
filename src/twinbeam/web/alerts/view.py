"""GET and POST /alerts: alerts that go on and that are over; rules, channels and mutes, and changing them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import alerts
from twinbeam.admin.alerts import AlertsStanding
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.alerts.judging import OTHERS, AlertSubject
from twinbeam.alerts.kinds import KINDS
from twinbeam.alerts.messages import fix_of, spelled
from twinbeam.alerts.rules import LOG, ChannelKind
from twinbeam.core.story import PixelRow
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

PATH = "/alerts"
HOURS = (1, 4, 24, 72, 168)
_WHY = {"back": "", "off": "rule turned off", "gone": "no longer measured"}
_RULE = ("raise_at", "clear_at", "raise_after_seconds", "clear_after_seconds", "pixels", "channels")


class AlertsPage(Struct, frozen=True):
    """What the page shows."""

    found: AlertsStanding
    pixels: Mapping[tuple[str, str], PixelRow]

    def place(self, of: AlertSubject) -> str:
        """Return what an alert is of, as people name it."""
        row = self.pixels.get((of.workspace, of.pixel))
        return (row.name if row and row.name else of.pixel) or of.workspace or "installation"


class Site(Struct, frozen=True):
    """What a change needs to know beside its form: the address of the pages, and where messages may go."""

    link: str
    networks: Sequence[str]


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /alerts."""
    if request.method != "POST":
        return await _page(renderer, context, request)
    form = await read_form(request)
    site = Site(context.terms.public_url, context.alert_networks)
    try:
        made = await act(context, request, partial(_do, form=form, site=site))
    except AdminError as error:
        return await _page(renderer, context, request, problem=str(error), typed=_kept(form))
    if made:
        return await _page(renderer, context, request, secret=made)
    return RedirectResponse(PATH, 303, {"cache-control": "no-store"})


def read_page(seen: ReadModel, now_ms: int) -> AlertsPage:
    """Read all of it; for the reader's thread."""
    return AlertsPage(alerts.standing(seen.alerts, now_ms), {(row.workspace, row.code): row for row in seen.pixels()})


def _kept(form: Mapping[str, str]) -> Mapping[str, str]:
    """Return what was typed, for the form to hold it again; an address is a secret."""
    return {name: word for name, word in form.items() if name != "address"}


async def _page(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    *,
    problem: str = "",
    secret: str = "",
    typed: Mapping[str, str] = {},
) -> Response:
    now_ms = context.clock.now_ms()
    page = await context.on_reader(partial(read_page, seen_by(request, context), now_ms))
    return renderer.respond(
        "alerts/page.html",
        400 if problem else 200,
        here=PATH,
        page=page,
        found=page.found,
        problem=problem,
        typed=typed,
        secret=secret,
        kinds=KINDS,
        channel_kinds=_ADDED,
        spelled=spelled,
        fix_of=fix_of,
        others=OTHERS,
        ended_because=_WHY,
        hours=HOURS,
        log=LOG,
        at_ms=now_ms,
    )


_ADDED: Sequence[tuple[ChannelKind, str]] = (
    (ChannelKind.SLACK, "Slack, or what takes its JSON"),
    (ChannelKind.WEBHOOK, "signed webhook"),
    (ChannelKind.EMAIL, "e-mail"),
)


def _do(admin: Admin, form: Mapping[str, str], site: Site) -> str:
    """Do what a form asks for; returns a secret to be shown, if one was made."""
    asked = _WAYS.get(form.get("do", ""))
    if asked is None:
        raise Invalid("The form is not one of this page. Reload it and try again.")
    return asked(admin, form, site)


def _set(admin: Admin, form: Mapping[str, str], _site: Site) -> str:
    words = {name: form[name] for name in _RULE if name in form}
    alerts.decide(admin, form.get("kind", ""), words | {"on": "yes" if form.get("on") else "no"})
    return ""


def _reset(admin: Admin, form: Mapping[str, str], _site: Site) -> str:
    alerts.reset(admin, form.get("kind", ""))
    return ""


def _mute(admin: Admin, form: Mapping[str, str], _site: Site) -> str:
    hours = form.get("hours", "")
    if hours not in map(str, HOURS):
        raise Invalid("Choose for how long.")
    workspace, slash, pixel = form.get("pixel", "").partition("/")
    if workspace and not (slash and pixel):  # a pixel left out would be all of them
        raise Invalid("Choose the pixel anew.")
    asked = alerts.NewMute(
        hours=int(hours), reason=form.get("reason", ""), kind=form.get("kind", ""), workspace=workspace, pixel=pixel
    )
    alerts.mute(admin, asked)
    return ""


def _unmute(admin: Admin, form: Mapping[str, str], _site: Site) -> str:
    number = form.get("number", "")
    alerts.unmute(admin, int(number) if number.isascii() and number.isdigit() and len(number) < 12 else 0)
    return ""


def _add(admin: Admin, form: Mapping[str, str], site: Site) -> str:
    kind = form.get("kind", "")
    if kind not in set(ChannelKind):
        raise Invalid("Choose what the channel is.")
    new = alerts.NewChannel(form.get("name", "").strip(), ChannelKind(kind), form.get("address", ""))
    return alerts.add_channel(admin, new, site.networks)


def _remove(admin: Admin, form: Mapping[str, str], _site: Site) -> str:
    alerts.remove_channel(admin, form.get("name", ""))
    return ""


def _test(admin: Admin, form: Mapping[str, str], site: Site) -> str:
    alerts.try_channel(admin, form.get("name", ""), site.link)
    return ""


_WAYS: Mapping[str, Callable[[Admin, Mapping[str, str], Site], str]] = {
    "set": _set,
    "reset": _reset,
    "mute": _mute,
    "unmute": _unmute,
    "add": _add,
    "remove": _remove,
    "test": _test,
}
