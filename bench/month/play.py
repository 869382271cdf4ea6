"""Play a month in all set-ups."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from queue import Empty, Queue

from msgspec import Struct

from month import assumptions as assumed
from month import door, tally
from month.shoppers import Shopper, shoppers
from month.tally import AtTheDoor, Month, SetUp, Sum
from month.through_gateway import Played
from month.without_gateway import own_ids, pixel_only, server_only

PIXEL_ONLY, SERVER_ONLY, OWN_IDS = "pixel only", "server only", "both, ids of their own"
GATEWAY, WITH_LISTS = "both through Twinbeam", "and the list of orders each night"
#: Through the gateway, and whether its owner imports lists; each has a process, and so a core where there are two.
THROUGH = {GATEWAY: False, WITH_LISTS: True}
_LOOK_SECONDS = 0.5

Tell = Callable[[int], None]


class Through(Struct):
    """What came of a month through the gateway."""

    set_up: SetUp
    door: AtTheDoor
    recovered: dict[str, Sum]
    keys_recovered: Sum


def month(seed: int, conversions: int, folder: Path, tell: Tell) -> Month:
    """Play a month; `tell` hears of each order that was played through the gateway, once for each way there."""
    buyers = list(shoppers(seed, conversions))
    made = [
        tally.set_up(PIXEL_ONLY, buyers, pixel_only(buyers), tally.why_no_script),
        tally.set_up(SERVER_ONLY, buyers, server_only(buyers), tally.why_no_server),
        tally.set_up(OWN_IDS, buyers, own_ids(buyers), tally.why_neither),
    ]
    through = _through_gateways(seed, conversions, folder, tell)
    drawn = tally.shares(buyers, {code: place.in_eu for code, place in assumed.PLACES.items()})
    return Month(
        seed,
        conversions,
        tally.summed(buyer for buyer in buyers if buyer.permitted),
        drawn,
        [*made, *(it.set_up for it in through)],
        through[0].recovered,
        through[0].keys_recovered,
        {it.set_up.name: it.door for it in through},
    )


def _through_gateways(seed: int, conversions: int, folder: Path, tell: Tell) -> list[Through]:
    """Play it through both gateways, side by side."""
    context = get_context("spawn")  # a sabotage, if there is one, begins with the process
    with context.Manager() as manager, ProcessPoolExecutor(len(THROUGH), context) as processes:
        played = manager.Queue()
        running = [processes.submit(through, name, seed, conversions, folder, played.put) for name in THROUGH]
        left = conversions * len(THROUGH)
        while left and not any(it.done() and it.exception() for it in running):
            some = _drained(played)
            left -= some
            tell(some)
        return [it.result() for it in running]


def _drained(played: Queue[int]) -> int:
    """Wait a little, and return how much was played meanwhile."""
    with suppress(Empty):
        return played.get(timeout=_LOOK_SECONDS)
    return 0


def through(name: str, seed: int, conversions: int, folder: Path, tell: Tell) -> Through:
    """Play a month through the gateway, and sum up what came of it."""
    buyers, lists = list(shoppers(seed, conversions)), THROUGH[name]
    place = folder / name.replace(" ", "-")
    place.mkdir()
    played = Played(buyers, place, tell, lists=lists)

    def cause(buyer: Shopper) -> str:
        return door.why_not_counted(buyer, played, lists=lists)

    made = tally.set_up(name, buyers, played.tiktok, cause)
    told = Through(
        made,
        door.at_the_door(buyers, made, played, lists=lists),
        tally.recovered(buyers, pixel_only(buyers), played.tiktok),
        tally.keys_recovered(buyers, server_only(buyers), played.tiktok),
    )
    played.close()
    return told
