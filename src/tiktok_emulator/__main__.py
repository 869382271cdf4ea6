"""`python -m tiktok_emulator`: the emulator, or the plain sink, as a process."""

import argparse
import signal
import sys
import textwrap
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from tiktok_emulator.accounts import DEFAULT_PIXEL, DEFAULT_TEST_CODE, DEFAULT_TOKEN
from tiktok_emulator.clock import Clock
from tiktok_emulator.data_file import DataFileError, open_data_file
from tiktok_emulator.serve import bind, server_for, url_of
from tiktok_emulator.server import Application
from tiktok_emulator.sink import Sink
from tiktok_emulator.switches import Switches, explained, turned
from tiktok_emulator.world import World

_HIGHEST_PORT = 65_535
_EXAMPLES = """examples:
  python -m tiktok_emulator                                      on port 8702, forgotten at the end
  python -m tiktok_emulator --port 9002 --data emulator.json     kept in a file
  python -m tiktok_emulator --switch bad_event_in_batch=partial  take the rest of a batch with one bad event

It prints a pixel, a token and a test code that work, and shows on its pages what it counted.

"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; give the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        app = Sink() if asked.what == "sink" else Application(_world(asked))
        sock = bind(asked.host, asked.port)
    except (msgspec.ValidationError, DataFileError, ValueError, OSError) as error:
        sys.stderr.write(f"tiktok_emulator: {error}\n")
        return 2
    # The server raises the signal that stopped it once more when it is done: a clean end, not a death by signal.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    server_for(app, started=lambda _loop: _announce(url_of(sock), asked.what)).run(sockets=[sock])
    return 0


def _leave(*_: object) -> None:
    raise SystemExit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tiktok_emulator",
        description="Run TikTok's side of conversion tracking on this machine: Events API, pixel, accounts and pages.",
        epilog=_EXAMPLES + _switches_told(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=["emulator", "sink"],
        default="emulator",
        help="emulator: all of it; sink: a server that takes every request and keeps nothing, for measurements",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8702, help="port; 0 picks a free one (default 8702)")
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file")
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=POSITION",
        help="answer as TikTok may, where its documents are silent or disagree; the switches are listed below",
    )
    return parser


def _switches_told() -> str:
    """List all switches with what they may be set to."""
    lines = [
        f"  {about.name}={about.default.strip(chr(34))}: {about.text} Takes {about.positions}." for about in explained()
    ]
    return "\n".join(["switches and their defaults:", *(_wrapped(line) for line in lines)])


def _wrapped(line: str) -> str:
    return textwrap.fill(line, 96, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port; write a number from 0 to {_HIGHEST_PORT}")
    return int(text)


def _world(asked: argparse.Namespace) -> World:
    """Build the world; switches given now win over those in the data file."""
    world = World(Clock())
    if asked.data is not None:
        open_data_file(asked.data, world)
    world.switches = _switches(world.switches, asked.switch)
    world.changed()
    return world


def _switches(switches: Switches, pairs: list[str]) -> Switches:
    changes: dict[str, Any] = {}
    for pair in pairs:
        typed, separator, position = pair.partition("=")
        name = typed.replace("-", "_")
        if name not in _POSITIONS:
            raise ValueError(f"{typed} is no switch{_meant(name)}. The switches are: {', '.join(_POSITIONS)}.")
        changes[name] = position
        if not separator or not _turns(switches, name, position):
            raise ValueError(f"--switch {pair}: {name} takes {_POSITIONS[name]}; write --switch {name}=POSITION.")
    return turned(switches, changes)


#: What each switch may be set to.
_POSITIONS = {about.name: about.positions for about in explained()}


def _meant(name: str) -> str:
    close = get_close_matches(name, _POSITIONS, n=1)
    return f"; did you mean {close[0]}" if close else ""


def _turns(switches: Switches, name: str, position: str) -> bool:
    try:
        turned(switches, {name: position})
    except msgspec.ValidationError:
        return False
    return True


def _announce(url: str, what: str) -> None:
    """Say where it listens: one line of JSON for programs, a sentence for people."""
    facts = {"url": url, "what": what}
    if what == "emulator":
        facts |= {"pixel": DEFAULT_PIXEL, "token": DEFAULT_TOKEN, "test_code": DEFAULT_TEST_CODE}
    if sys.stdout.isatty():
        details = "".join(f"  {name}: {value}\n" for name, value in facts.items() if name not in ("url", "what"))
        sys.stdout.write(f"TikTok {what} at {url}\n{details}Stop with Ctrl-C.\n")
    else:
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
