"""The README's first event, typed as it stands there; only ports and folders are this test's own."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway import Gateway
from running import CHECKOUT, ending_with_us, wait_until
from twinbeam.demo.processes import clean_environment, free_port

pytestmark = pytest.mark.journey

README = (Path(__file__).parents[2] / "README.md").read_text()

#: What the README uses of curl, for machines without it.
CURL = f"""#!{sys.executable}
import sys
from urllib.request import Request, urlopen

words, headers, body, url = sys.argv[1:], {{}}, None, ""
while words:
    match words.pop(0):
        case "-s":
            pass
        case "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        case "-d":
            body = words.pop(0).encode()
        case word:
            url = word
print(urlopen(Request(url, body, headers), timeout=20).read().decode())
"""


@pytest.fixture
def played(tmp_path):
    """Type the section's commands into a shell, and end afterwards what they left running."""
    gateway = Gateway(tmp_path, "", {})
    (tmp_path / "curl").write_text(CURL)
    (tmp_path / "curl").chmod(0o755)
    environment = clean_environment({**gateway.settings, "PATH": f"{tmp_path}:{os.defpath}"})
    del environment["TWINBEAM_TIKTOK_URL"]  # the README sets it
    with (tmp_path / "output").open("w+") as output:
        shell = subprocess.Popen(
            ending_with_us(["/bin/sh", "-e", "-c", script(gateway)]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=tmp_path,
            start_new_session=True,
        )
        try:
            assert shell.wait(30) == 0, (tmp_path / "output").read_text()
            yield (tmp_path / "output").read_text()
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
            wait_until(lambda: is_gone(shell.pid), "what the README started ends")


def script(gateway: Gateway) -> str:
    """Take the commands of the section, with a wait where a person would take the time to read on."""
    setting_up, *using = blocks("sh")
    intake, pages = (urlsplit(url).netloc for url in (gateway.intake, gateway.pages))
    ready = f"until curl -s http://{intake}/readyz && curl -s http://{pages}/readyz; do sleep 0.1; done 2>/dev/null"
    text = "\n".join(["trap 'kill 0' TERM", setting_up, ready, *using])
    emulator = f"127.0.0.1:{free_port()}"
    for written, real in (("127.0.0.1:8700", intake), ("127.0.0.1:8701", pages), ("127.0.0.1:8702", emulator)):
        text = text.replace(written, real)
    text = text.replace("twinbeam emulator", f"twinbeam emulator --port {emulator.rpartition(':')[2]}")
    return text.replace(".venv/bin/twinbeam", " ".join(CHECKOUT.twinbeam))


def blocks(language: str) -> list[str]:
    """Give the section's code blocks of a language."""
    section = README.partition("## Your first event\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return [text for named, text in found if named == language]


def is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def without_chance(text: str) -> list[str]:
    """Leave out what differs from run to run: times and TikTok's request ids."""
    timeless = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", text)
    return re.sub(r"request [0-9A-F]{20,}", "request ID", timeless).strip().splitlines()


def test_the_first_event_goes_as_the_readme_says(played):
    spoken = [json.loads(line) for line in played.splitlines() if line.startswith("{") and "level" not in line]
    [promised] = blocks("json")
    assert json.loads(promised) in spoken
    [told] = [answer for answer in spoken if "conversions" in answer]
    assert told["conversions"][0]["state"] == "delivered"
    [shown] = blocks("")
    assert "\n".join(without_chance(shown)) in "\n".join(without_chance(played))
