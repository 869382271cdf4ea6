"""Judgements: overview, match quality and diagnostics, as the pages show them."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tiktok_emulator.control.paging import answer
from tiktok_emulator.control.reading import world_of
from tiktok_emulator.control.steering import body_of
from tiktok_emulator.diagnostics import diagnostics, dismiss
from tiktok_emulator.overview import overview


class Dismissal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which cards to hide until they happen again."""

    dismiss: str
    pixel: str = ""
    event: str = ""


async def show_overview(request: Request) -> Response:
    """Show the Events Manager table of a pixel or set."""
    rows = overview(world_of(request), request.query_params.get("pixel", ""))
    return answer({"items": rows, "next": len(rows)})


async def show_diagnostics(request: Request) -> Response:
    """Show the diagnostics of the last 24 hours; a POST dismisses some."""
    world = world_of(request)
    if request.method == "POST":
        asked = await body_of(request, Dismissal)
        for card in diagnostics(world, asked.pixel):
            if card.id == asked.dismiss and asked.event in ("", card.event):
                dismiss(world, card)
    cards = diagnostics(world, request.query_params.get("pixel", ""))
    return answer({"items": cards, "next": len(cards)})
