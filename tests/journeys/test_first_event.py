"""docs/howto/first-event.md, typed as it stands there: what each command prints is what the page shows."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway import Gateway
from running import CHECKOUT, ending_with_us, wait_until
from twinbeam.demo.processes import clean_environment, free_port

pytestmark = pytest.mark.journey

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "first-event.md").read_text()
SETTING_UP = "make setup-run\n"
TWINBEAM = """#!/bin/sh
exec {} "$@"
"""
#: What the page leaves to the time that people take, as a wait that ends when it is so.
WAITS = """
until_up() {{ until curl -sf "$@" > /dev/null; do sleep 0.1; done; }}
until_quiet() {{
  until curl -s http://{pages}/readyz | grep -q '"pending":0[,}}]' \\
    && ! twinbeam find --order-id 1001 --json | grep -qE '"state": "(ready|leased|waiting)"'; do sleep 0.1; done
}}
"""

#: What differs from run to run, and what stands for it.
BY_CHANCE = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", "TIME"),
    (r'"first_received":"[^"]*"', '"first_received":"TIME"'),
    (r'"event_time":\d+', '"event_time":TIME'),
    (r"request [0-9A-F]{20,}", "request ID"),
    (r"key [0-9a-f]{8}", "key ID"),
    (r"\d+ MiB free, \d+ MiB reserved", "MiB"),
)


class Step(NamedTuple):
    """One block of commands, and what the page shows of what it prints."""

    commands: str
    shown: str | None


def steps():
    """Return the blocks of the page in their order; what is shown stands behind its commands."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for place, (language, text) in enumerate(blocks):
        if language == "sh":
            behind = blocks[place + 1] if place + 1 < len(blocks) else ("sh", "")
            yield Step(text, None if behind[0] == "sh" else behind[1])


STEPS = list(steps())


def without_chance(text):
    for pattern, word in BY_CHANCE:
        text = re.sub(pattern, word, text)
    return text.strip()


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What each block printed, typed into one shell; everything it started has ended."""
    folder = tmp_path_factory.mktemp("first")
    gateway = Gateway(folder, "", {})
    (folder / "twinbeam").write_text(TWINBEAM.format(" ".join(CHECKOUT.twinbeam)))
    (folder / "twinbeam").chmod(0o755)
    environment = clean_environment({**gateway.settings, "PATH": f"{folder}:{os.environ['PATH']}"})
    del environment["TWINBEAM_TIKTOK_URL"]  # the page sets it
    real = addresses(gateway)
    typed = WAITS.format(pages=real["127.0.0.1:8701"])
    typed += "".join(f"printf '\\n== {place}\\n'\n{commands_of(step, real)}" for place, step in enumerate(STEPS))
    with (folder / "output").open("w+") as output:
        shell = subprocess.Popen(
            ending_with_us(["/bin/bash", "-c", f"set -m\n{typed}"]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        try:
            wait_until(lambda: shell.poll() is not None, "the page's commands come to their end", 60)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
    told = (folder / "output").read_text()
    for written, port in real.items():
        told = told.replace(port, written)
    return [part.partition("\n")[2] for part in re.split(r"^== \d+$", told, flags=re.MULTILINE)][1:]


def addresses(gateway):
    """Return the real address for each that the page names."""
    found = {"127.0.0.1:8700": gateway.intake, "127.0.0.1:8701": gateway.pages}
    real = {written: url.removeprefix("http://") for written, url in found.items()}
    return real | {"127.0.0.1:8702": f"127.0.0.1:{free_port()}"}


def commands_of(step, real):
    """Return a block's commands for this machine: its own ports and data folder."""
    commands = step.commands.replace(SETTING_UP, "").replace('export PATH="$PWD/.venv/bin:$PATH"\n', "")
    port = real["127.0.0.1:8702"].rpartition(":")[2]
    commands = commands.replace("twinbeam emulator", f"twinbeam emulator --port {port}")
    commands = commands.replace("~/.local/share/twinbeam", '"$TWINBEAM_DATA"')
    commands = commands.replace("sleep 2; cat", "until_up http://127.0.0.1:8702/_control; cat")
    both = "until_up http://127.0.0.1:8700/readyz; until_up http://127.0.0.1:8701/readyz"
    commands = commands.replace("sleep 2; curl", f"{both}; curl").replace("sleep 1;", "until_quiet;")
    commands = re.sub("^twinbeam find", "until_quiet; twinbeam find", commands)
    for written, address in real.items():
        commands = commands.replace(written, address)
    return commands


@pytest.mark.parametrize("place", [place for place, step in enumerate(STEPS) if step.shown is not None])
def test_a_block_prints_what_the_page_shows(printed, place):
    assert without_chance(STEPS[place].shown) == without_chance(printed[place])
