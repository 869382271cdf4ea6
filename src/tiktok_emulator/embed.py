"""
The emulator inside a Python process: for tests, notebooks and demos.

    with Emulator() as tiktok:
        send_somehow(tiktok.url, tiktok.token, tiktok.pixel)
        assert [each["event_id"] for each in tiktok.counted()] == ["order-1"]

The server runs in a thread of its own, and every reading or steering call is carried over to that thread, so the
world is never seen half changed.
"""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import msgspec
import uvicorn

from tiktok_emulator.accounts import DEFAULT_PIXEL, DEFAULT_TEST_CODE, DEFAULT_TOKEN, Seed
from tiktok_emulator.clock import Clock
from tiktok_emulator.control.showing import show_counted, show_fault, show_limits, show_received, show_request, sum_of
from tiktok_emulator.diagnostics import diagnostics
from tiktok_emulator.faults import Fault
from tiktok_emulator.overview import overview
from tiktok_emulator.rules import ABOUT, Rule
from tiktok_emulator.serve import bind, server_for, url_of
from tiktok_emulator.server import Application
from tiktok_emulator.switches import Switches, turned
from tiktok_emulator.trouble import Kind, Script
from tiktok_emulator.world import World

T = TypeVar("T")


class Emulator:
    """TikTok's side on a free port of this machine, from `start` to `stop`."""

    pixel = DEFAULT_PIXEL
    token = DEFAULT_TOKEN
    test_code = DEFAULT_TEST_CODE

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **switches: Any) -> None:
        self._address = (host, port)
        self._first_switches = turned(Switches(), switches)
        self._world = World(Clock(), self._first_switches)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None
        self._expected: set[Rule] = set()
        self._allowed: set[Rule] = set()
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; raises `OSError` if the port is taken."""
        sock = bind(*self._address)
        self.url = url_of(sock)
        ready: Future[asyncio.AbstractEventLoop] = Future()
        self._server = server_for(Application(self._world), started=ready.set_result)
        run = functools.partial(asyncio.run, self._server.serve(sockets=[sock]))
        self._thread = threading.Thread(target=run, name="tiktok-emulator", daemon=True)
        self._thread.start()
        self._loop = ready.result()

    def stop(self) -> None:
        """Stop listening and wait for the thread to end."""
        if self._thread is not None and self._server is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
            self._loop = None

    def _ask(self, question: Callable[[World], T]) -> T:
        """Run a function on the world where no call is being handled at the same time."""
        if self._loop is None:
            return question(self._world)
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(question(self._world))
            except Exception as error:  # noqa: BLE001 -- carried over to the caller's thread
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return answer.result()

    def counted(self, *, pixel: str = "", event: str = "", full: bool = False) -> list[dict[str, Any]]:
        """List the events that count after dedup; `full` adds the merged event."""
        return self._ask(
            lambda world: [
                show_counted(world, each, full=full)
                for each in world.ledger.counted
                if pixel in ("", each.source_id) and event in ("", each.event)
            ]
        )

    def received(self) -> list[dict[str, Any]]:
        """List every copy received, read, with its fate."""
        return self._ask(lambda world: [show_received(each) for each in world.ledger.received])

    def requests(self) -> list[dict[str, Any]]:
        """List the last 10,000 calls with their bodies."""
        return self._ask(lambda world: [show_request(each, with_body=True) for each in world.log.after(0, 10_000)])

    def faults(self) -> list[dict[str, Any]]:
        """List everything found wrong, mere advice included."""
        return self._ask(lambda world: [show_fault(each) for each in world.faults.all()])

    def totals(self) -> dict[str, int]:
        """Sum up the copies received by what became of them."""
        return self._ask(lambda world: sum_of(world.ledger.fates))

    def limits(self) -> dict[str, Any]:
        """Return of each app and pixel how many requests there were, and how many over the limits."""
        return self._ask(show_limits)

    def diagnostics(self, pixel: str = "") -> list[dict[str, Any]]:
        """List the cards of Diagnostics of one pixel or set, or of all."""
        return self._ask(lambda world: [msgspec.to_builtins(each) for each in diagnostics(world, pixel)])

    def overview(self, pixel: str = DEFAULT_PIXEL) -> list[dict[str, Any]]:
        """Return the Events Manager table of a pixel or set."""
        return self._ask(lambda world: [msgspec.to_builtins(each) for each in overview(world, pixel)])

    def subscriptions(self) -> list[str]:
        """List the addresses to which outages are announced."""
        return self._ask(lambda world: [each.callback_url for each in world.subscriptions.values()])

    def trouble(self, kind: Kind | str, **script: Any) -> int:
        """Plan trouble (fields of `Script`); give its number."""
        planned = Script(kind=Kind(kind), **script)
        return self._ask(lambda world: world.troubles.add(planned).id)

    def end_trouble(self, number: int | None = None) -> None:
        """Take away one script, or all."""
        self._ask(lambda world: world.troubles.remove(number))

    def switch(self, **positions: Any) -> None:
        """Turn switches; `msgspec.ValidationError` names an unknown one or a bad position."""

        def turn(world: World) -> None:
            world.switches = turned(world.switches, positions)

        self._ask(turn)

    def seed(self, seed: Seed) -> None:
        """Add or replace accounts."""
        self._ask(lambda world: world.accounts.add(seed, world.clock.now_ms()))

    def revoke(self, token: str) -> None:
        """Make a token useless."""
        self._ask(lambda world: world.accounts.revoke(token))

    def move(self, seconds: float) -> None:
        """Move time forward, backward if negative."""
        self._ask(lambda world: world.clock.move(seconds))

    def freeze(self) -> None:
        """Stop time; it then moves only by `move`."""
        self._ask(lambda world: world.clock.freeze())

    @property
    def now_ms(self) -> int:
        """The emulator's time, in milliseconds since the epoch."""
        return self._ask(lambda world: world.clock.now_ms())

    def expect(self, *rules: Rule | str) -> None:
        """Announce faults that must happen; see `complaints`."""
        self._expected |= {Rule(rule) for rule in rules}

    def allow(self, *rules: Rule | str) -> None:
        """Announce faults that may happen; see `complaints`."""
        self._allowed |= {Rule(rule) for rule in rules}

    def complaints(self) -> list[str]:
        """Return sentences on the faults that came unannounced, and on the announced ones that did not come."""
        counts = self._ask(lambda world: set(world.faults.counts))
        grave = self._ask(lambda world: world.faults.grave())
        unannounced = [each for each in grave if each.rule not in self._expected | self._allowed]
        missed = sorted(self._expected - counts)
        return [_sentence(each) for each in unannounced] + [
            f"expected `{rule}`, which did not happen" for rule in missed
        ]

    def reset(self) -> None:
        """Forget everything: events, faults, scripts, announcements; accounts, switches and time as at the start."""
        self._expected.clear()
        self._allowed.clear()
        self._ask(lambda world: world.restart(Clock(), self._first_switches))


def _sentence(fault: Fault) -> str:
    about = ABOUT[fault.rule]
    place = " ".join(filter(None, (fault.event, fault.event_id, fault.path)))
    return f"{fault.rule}: {about.title} [{place}] {fault.evidence} -- {about.fix} (tiktok.md {about.source})"
