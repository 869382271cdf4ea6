"""Steering: reset, accounts, switches, trouble and time."""

import asyncio
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from tiktok_emulator.accounts import Seed
from tiktok_emulator.business.subscriptions import Incident, notices, post
from tiktok_emulator.clock import MS_PER_SECOND, iso
from tiktok_emulator.control.paging import ParameterError, answer, number
from tiktok_emulator.control.reading import world_of
from tiktok_emulator.switches import turned
from tiktok_emulator.trouble import Planned, Script
from tiktok_emulator.world import World

T = TypeVar("T")


#: Enough for any test, and inside what dates can express.
CENTURY_SECONDS = 100 * 366 * 86_400


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to change the time."""

    move_seconds: Annotated[float, Meta(ge=-CENTURY_SECONDS, le=CENTURY_SECONDS)] = 0
    at_ms: Annotated[int, Meta(ge=0, le=CENTURY_SECONDS * MS_PER_SECOND)] | None = None
    freeze: bool | None = None


async def reset(request: Request) -> Response:
    """Forget all events, requests, faults and scripts; accounts, switches and time stay."""
    world_of(request).reset()
    return answer({"reset": True, "next": 0})


async def accounts(request: Request) -> Response:
    """Show the accounts; a POST adds or replaces some, and revokes the tokens it names."""
    world = world_of(request)
    if request.method == "POST":
        seed = await body_of(request, Seed)
        world.accounts.add(seed, world.clock.now_ms())
        world.changed()
    return answer(msgspec.to_builtins(world.accounts.seed()) | {"next": 0})


class Generation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For which pixel or set to generate a token."""

    pixel: str


async def token(request: Request) -> Response:
    """Generate a token for the ad account of a pixel or set, as Events Manager does (tiktok.md 1.4)."""
    world = world_of(request)
    source_id = (await body_of(request, Generation)).pixel
    owner = world.accounts.owner_of(source_id)
    if owner is None:
        raise ParameterError(f"There is no pixel or set {source_id!r}.")
    made = world.accounts.generate(owner, revoke_older=world.switches.regenerate_revokes)
    world.changed()
    return answer({"token": made, "next": 0})


async def switches(request: Request) -> Response:
    """Show the switches; a POST turns those it names."""
    world = world_of(request)
    if request.method == "POST":
        world.switches = turned(world.switches, await body_of(request, dict[str, Any]))
        world.changed()
    return answer({"switches": world.switches, "next": 0})


async def trouble(request: Request) -> Response:
    """Show the scripts; a POST plans one; a DELETE takes away all, or the one of `id`."""
    world = world_of(request)
    if request.method == "POST":
        planned = world.troubles.add(await body_of(request, Script))
        return answer(show_planned(planned) | {"next": 0})
    if request.method == "DELETE":
        number_or_all = number(request, "id", 0)
        world.troubles.remove(number_or_all or None)
    return answer({"items": [show_planned(each) for each in world.troubles.planned], "next": 0})


def show_planned(planned: Planned) -> dict[str, Any]:
    """Show a script with how often it matched and happened."""
    script = msgspec.to_builtins(planned.script)
    return {"id": planned.id, "matched": planned.matched, "hit": planned.hit, "spent": planned.spent, **script}


async def incident(request: Request) -> Response:
    """Announce an outage, or word of it, to all who subscribed."""
    told = notices(world_of(request), await body_of(request, Incident))
    statuses = await asyncio.gather(*(asyncio.to_thread(post, url, body) for url, body in told))
    return answer({"statuses": statuses, "next": 0})


async def time(request: Request) -> Response:
    """Show the time; a POST moves it, sets it, stops it or lets it run."""
    world = world_of(request)
    if request.method == "POST":
        _move(world, await body_of(request, Move))
    now_ms = world.clock.now_ms()
    return answer({"at_ms": now_ms, "at": iso(now_ms), "frozen": world.clock.frozen, "next": 0})


def _move(world: World, move: Move) -> None:
    if move.freeze is not None:
        (world.clock.freeze if move.freeze else world.clock.thaw)()
    if move.at_ms is not None:
        world.clock.set(move.at_ms)
    target_ms = world.clock.now_ms() + move.move_seconds * MS_PER_SECOND
    if not 0 <= target_ms <= 2 * CENTURY_SECONDS * MS_PER_SECOND:
        raise ParameterError("`move_seconds` leaves the years 1970 to 2170.")
    world.clock.move(move.move_seconds)
    world.changed()


async def body_of(request: Request, kind: type[T]) -> T:
    """Read a JSON body as a value of a type; raises `ParameterError`."""
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise ParameterError(str(error)) from error
