"""
`make check-demo`: play the demo once without a person, and compare what was counted with what ought to be.

Starts `python -m twinbeam.demo` as a program and reads the emulator over HTTP; imports nothing of either package.
Prints one line of JSON; the exit status is 0 only if every promise was kept.
"""

import argparse
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import check
import ledger
import readings
import search

import sabotage

_LIMIT_SECONDS = 85  # the whole promise is 90
_ENDING_SECONDS = 55  # for the demo to stop two servers, each of which it gives 25 s
_LAST_WORDS = 2_000  # characters of each log that a failed run shows, because its files go
_FEW = 5  # finds and faults that are told one by one
_SEARCHED = ("state", "logs", "pages")


class Broken(Exception):  # noqa: N818 -- a run that could not be judged
    """The demo did not get as far as a result; the message says why."""


class Run(NamedTuple):
    """A demo that has played and still runs: where it is, what was planned, and what it said of itself."""

    directory: Path
    environment: dict[str, str]
    truth: dict[str, Any]
    played: dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, compare, print; 0 if sound, 1 if a promise was broken, 2 if the demo could not be judged."""
    asked = _parser().parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    directory = Path(tempfile.mkdtemp(prefix="twinbeam-check-"))
    sys.stderr.write(f"seed {seed}, files in {directory}\n")
    try:
        return _report(asked, seed, directory)
    except Broken as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        if not asked.keep:
            shutil.rmtree(directory, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="check_demo.py", description="Play the demo and compare it with its truth.")
    parser.add_argument("--seed", type=int, help="repeat an earlier run; a new one each time otherwise")
    parser.add_argument("--orders", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=24.0, help="length of the shop's day")
    parser.add_argument("--sabotage", choices=sabotage.KINDS, help="break one promise on purpose: the check must fail")
    parser.add_argument("--keep", action="store_true", help="leave the files where they are")
    return parser


def _report(asked: argparse.Namespace, seed: int, directory: Path) -> int:
    began = time.monotonic()
    finds: set[search.Find] = set()
    with _played(asked, seed, directory) as run:
        patterns = search.patterns_of(run.truth["visitors"])
        counted, received, faults = (readings.items(run.environment["emulator"], **query) for query in _questions(run))
        sums = ledger.compare(run.truth, ledger.told(directory / "state", directory / "keyring"))
        _save_pages(run)
        finds |= set(search.search(_searched(directory), patterns))
    finds |= set(search.search(_searched(directory), patterns))  # once more: stopping writes files too
    report = {**check.compare(run.truth, counted, received, len(finds), len(faults)), **sums}
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({**report, "requests": run.played["posts"], "seed": seed, "seconds": seconds}))
    broken = [*check.failures(report, run.truth["kinds"]), *_unplayed(run.played)]
    broken += [f"{name} is {report[name]}" for name in ledger.ALSO_ZERO if report[name] != 0]
    broken += [*map(_tell_find, sorted(finds)[:_FEW]), *map(_tell_fault, faults[:_FEW])]
    sys.stderr.writelines(f"FAILED: {sentence}\n" for sentence in broken)
    return 1 if broken else 0


def _questions(run: Run) -> Iterator[dict[str, str]]:
    pixel = run.truth["pixel"]
    yield {"what": "counted", "pixel": pixel}
    yield {"what": "received", "pixel": pixel}
    yield {"what": "faults", "grave": "1"}


def _searched(directory: Path) -> list[Path]:
    return [directory / name for name in _SEARCHED]


def _save_pages(run: Run) -> None:
    """Keep what the gateway shows to machines, so that it is searched like everything else."""
    (run.directory / "pages").mkdir()
    for page in ("metrics", "readyz"):
        with urlopen(f"{run.environment['dashboard']}/{page}", timeout=30) as answer:
            (run.directory / "pages" / page).write_bytes(answer.read())


def _unplayed(played: dict[str, Any]) -> list[str]:
    """Name what kept the shop from playing its whole plan: a run in which little happened proves little."""
    broken = [] if played["idle"] else ["the gateway still had work to do at the end"]
    if played["posts"] != played["planned"] or played["refused"]:
        broken.append(f"of {played['planned']} requests {played['posts']} were answered, {played['refused']} refused")
    return broken


def _tell_find(find: search.Find) -> str:
    return f"{find.file} holds {find.spelling!r}"


def _tell_fault(fault: dict[str, Any]) -> str:
    return f"{fault['title']}: {fault['path']} {fault['evidence']} ({fault['event']} {fault['event_id']})"


@contextmanager
def _played(asked: argparse.Namespace, seed: int, directory: Path) -> Iterator[Run]:
    """Run the demo until it has played; it goes on running for the length of the block."""
    with ExitStack() as stack:
        proxies = {
            "--tiktok-url": sabotage.proxy_to_tiktok(asked.sabotage),
            "--intake-url": sabotage.proxy_to_gateway(asked.sabotage),
        }
        detours = [text for option, proxy in proxies.items() if proxy for text in (option, proxy.url)]
        demo = stack.enter_context(_demo(asked, seed, directory, detours))
        environment = _next_line(demo, "environment", directory)
        truth = json.loads((directory / "truth.json").read_bytes())
        for proxy, server in zip(proxies.values(), (environment["emulator"], environment["intake"]), strict=True):
            if proxy:
                proxy.route_to(server, sabotage.tamper_for(asked.sabotage, truth))
        played = _next_line(demo, "played", directory)
        if asked.sabotage == "leak":
            sabotage.leak(directory / "state", truth["visitors"][0])
        yield Run(directory, environment, truth, played)


@contextmanager
def _demo(asked: argparse.Namespace, seed: int, directory: Path, detours: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Start the demo; closing its standard input is what ends it, also if this program dies."""
    (directory / "logs").mkdir()
    day = ["--seed", str(seed), "--orders", str(asked.orders), "--seconds", str(asked.seconds)]
    command = [sys.executable, "-m", "twinbeam.demo", *day, "--directory", str(directory), *detours]
    with (
        (directory / "logs" / "demo.err").open("w") as errors,
        subprocess.Popen(  # noqa: S603 -- our own interpreter and options of ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as demo,
    ):
        alarm = threading.Timer(_LIMIT_SECONDS, demo.terminate)
        alarm.start()
        try:
            yield demo
        finally:
            alarm.cancel()
            _dismiss(demo)


def _dismiss(demo: subprocess.Popen[str]) -> None:
    if demo.stdin:
        demo.stdin.close()
    try:
        demo.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        demo.kill()  # its children are told of its death and end too


def _next_line(demo: subprocess.Popen[str], expected: str, directory: Path) -> Any:
    line = demo.stdout.readline() if demo.stdout else ""
    if not line:
        said = "".join(log.read_text()[-_LAST_WORDS:] for log in sorted((directory / "logs").glob("*.err")))
        raise Broken(f"{said}\nthe demo ended early, or took longer than {_LIMIT_SECONDS} s; its last words are above")
    return json.loads(line)[expected]


if __name__ == "__main__":
    sys.exit(main())
