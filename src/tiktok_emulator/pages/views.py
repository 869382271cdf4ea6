"""The pages: overview per event, test events, diagnostics, and one event's merged view (tiktok.md 11.1, 11.6)."""

import json
from itertools import islice
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tiktok_emulator.base_code import base_code
from tiktok_emulator.checks import KNOWN_ITEM, KNOWN_PAGE, KNOWN_USER
from tiktok_emulator.clock import iso
from tiktok_emulator.control.reading import world_of
from tiktok_emulator.diagnostics import diagnostics, dismiss
from tiktok_emulator.ledger import DayCount, Received
from tiktok_emulator.overview import overview, source_totals
from tiktok_emulator.world import World

SHOWN_EVENTS = 50
SHOWN_TESTS = 100

_TEMPLATES = Environment(
    loader=PackageLoader("tiktok_emulator.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["iso"] = lambda at_ms: iso(at_ms)[:19].replace("T", " ")
_TEMPLATES.filters["segment"] = lambda text: quote(text, safe="")


def _page(name: str, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(f"{name}.html").render(**values), status)


def _missing(what: str) -> Response:
    return _page("missing", 404, title="Not here", what=what)


def _name(world: World, source_id: str) -> str | None:
    """Return a pixel's or set's name; None if there is no such one."""
    owned = world.accounts.pixels.get(source_id) or world.accounts.event_sets.get(source_id)
    return owned.name if owned else None


async def home(request: Request) -> Response:
    """List the pixels and sets with what came in, and the gravest diagnostics."""
    world = world_of(request)
    sources = [(each.code, each.name, "pixel") for each in world.accounts.pixels.values()]
    sources += [(each.id, each.name, each.kind) for each in world.accounts.event_sets.values()]
    totals = source_totals(world)
    return _page(
        "home",
        title="TikTok emulator",
        sources=sources,
        totals={source_id: totals.get(source_id, DayCount()) for source_id, _, _ in sources},
        cards=diagnostics(world)[:10],
        now_ms=world.clock.now_ms(),
        requests=world.log.count,
    )


async def source(request: Request) -> Response:
    """Show the table of one pixel or set, and its newest events."""
    world, source_id = world_of(request), request.path_params["source_id"]
    name = _name(world, source_id)
    if name is None:
        return _missing(f"There is no pixel or set {source_id}.")
    event = request.query_params.get("event", "")
    newest = (
        each
        for each in reversed(world.ledger.counted)
        if each.source_id == source_id and event in ("", each.event) and each.first_ms <= world.ready_ms
    )
    return _page(
        "source",
        title=name,
        source_id=source_id,
        rows=overview(world, source_id),
        events=list(islice(newest, SHOWN_EVENTS)),
        event=event,
    )


async def tests(request: Request) -> Response:
    """Show the newest test events of a pixel or set: only what TikTok parsed, never what it ignored."""
    world, source_id = world_of(request), request.path_params["source_id"]
    name = _name(world, source_id)
    if name is None:
        return _missing(f"There is no pixel or set {source_id}.")
    codes = [each.code for each in world.accounts.test_codes.values() if each.source_id == source_id]
    shown_codes = None if world.switches.unknown_test_code == "show" else codes
    shown = (
        each
        for each in reversed(world.ledger.received)
        if each.test_code and each.source_id == source_id and (shown_codes is None or each.test_code in shown_codes)
        if request.query_params.get("channel", each.channel) == each.channel
    )
    events = [(each, parsed(each)) for each in islice(shown, SHOWN_TESTS)]
    return _page("tests", title=f"Test events, {name}", source_id=source_id, codes=codes, events=events)


def parsed(copy: Received) -> list[tuple[str, str]]:
    """List the parameters of an event that TikTok knows, as path and value (tiktok.md 11.6)."""
    body = copy.body()
    known: list[tuple[str, str]] = []
    for field, value in body.items():
        if field not in KNOWN_ITEM or field in ("event", "event_id"):
            continue
        if isinstance(value, dict):
            allowed = {"user": KNOWN_USER, "page": KNOWN_PAGE}.get(field, frozenset(value))
            known += [(f"{field}.{key}", _text(each)) for key, each in value.items() if key in allowed]
        else:
            known.append((field, _text(value)))
    return known


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def settings(request: Request) -> Response:
    """Show how a pixel or set is put to use; a POST generates an access token, which is shown once (tiktok.md 1.4)."""
    world, source_id = world_of(request), request.path_params["source_id"]
    name, owner = _name(world, source_id), world.accounts.owner_of(source_id)
    if name is None or owner is None:
        return _missing(f"There is no pixel or set {source_id}.")
    token = ""
    if request.method == "POST":
        token = world.accounts.generate(owner, revoke_older=world.switches.regenerate_revokes)
        world.changed()
    code = base_code(source_id, str(request.base_url).rstrip("/")) if source_id in world.accounts.pixels else ""
    return _page("settings", title=f"Settings, {name}", source_id=source_id, token=token, code=code)


async def cards(request: Request) -> Response:
    """Show the diagnostics of a pixel or set; a POST dismisses one."""
    world, source_id = world_of(request), request.path_params["source_id"]
    name = _name(world, source_id)
    if name is None:
        return _missing(f"There is no pixel or set {source_id}.")
    shown = diagnostics(world, source_id)
    if request.method == "POST":
        for card in shown:
            if (card.id, card.event) == (request.query_params.get("id"), request.query_params.get("event")):
                dismiss(world, card)
        return RedirectResponse(request.url.path, 303)
    return _page("diagnostics", title=f"Diagnostics, {name}", source_id=source_id, cards=shown)


async def one_event(request: Request) -> Response:
    """Show one event that counts: merged, with all its copies."""
    world, number = world_of(request), request.path_params["number"]
    if not 0 < number <= len(world.ledger.counted):
        return _missing(f"No event has the number {number}.")
    counted = world.ledger.counted[number - 1]
    merged = json.dumps(counted.full(world.switches), indent=2, ensure_ascii=False)
    copies = [(each, json.dumps(each.body(), indent=2, ensure_ascii=False)) for each in counted.copies]
    return _page("event", title=f"{counted.event} {counted.event_id}", counted=counted, merged=merged, copies=copies)


ROUTES = [
    Route("/", home),
    Route("/sources/{source_id}", source),
    Route("/sources/{source_id}/tests", tests),
    Route("/sources/{source_id}/settings", settings, methods=["GET", "POST"]),
    Route("/sources/{source_id}/diagnostics", cards, methods=["GET", "POST"]),
    Route("/events/{number:int}", one_event),
]
