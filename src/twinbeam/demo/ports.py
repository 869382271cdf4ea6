"""The ports of the demo: those that somebody asks for, or the usual ones, or free ones in place of those taken."""

from collections.abc import Mapping

from msgspec.structs import asdict

from twinbeam.demo.environment import PreferredPorts
from twinbeam.demo.processes import DemoError, free_port

USUAL = PreferredPorts(intake=8700, dashboard=8701, emulator=8702, shop=8703)

#: What each is called, and the option that chooses it.
_CALLED = {
    "intake": ("the intake", "--intake-port"),
    "dashboard": ("the pages", "--pages-port"),
    "emulator": ("the emulator", "--emulator-port"),
    "shop": ("the shop", "--shop-port"),
}


def settle(asked: Mapping[str, int | None]) -> tuple[PreferredPorts, list[str]]:
    """
    Return a free port for each part, and a sentence for each usual one that is taken.

    Raises DemoError where a port that was asked for cannot be had.
    """
    wanted = {part: port for part, port in asked.items() if port}
    _check_apart(wanted)
    found: dict[str, int] = {}
    told = []
    for part, usual in asdict(USUAL).items():
        found[part] = _usable(part, wanted.get(part), usual, {port for other, port in wanted.items() if other != part})
        if part not in wanted and found[part] != usual:
            told.append(_moved(part, usual, found[part]))
    return PreferredPorts(**found), told


def _check_apart(wanted: Mapping[str, int]) -> None:
    for part, port in wanted.items():
        if list(wanted.values()).count(port) > 1:
            raise DemoError(f"Port {port} is asked for twice. Give {_CALLED[part][0]} another one: {_CALLED[part][1]}.")


def _usable(part: str, wanted: int | None, usual: int, others: set[int]) -> int:
    found = free_port(wanted or (0 if usual in others else usual))
    if wanted and found != wanted:
        what, option = _CALLED[part]
        raise DemoError(f"Port {wanted} for {what} is taken, or not yours to use. Choose another: {option} {found}")
    return found


def _moved(part: str, usual: int, found: int) -> str:
    what, option = _CALLED[part]
    return f"Port {usual} is taken, so {what} will be at {found}. To choose one: {option} {found}"
