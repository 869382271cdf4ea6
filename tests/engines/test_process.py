"""How a process of the gateway ends where something goes wrong that nobody expected."""

import subprocess
import sys

from running import PATIENCE_SECONDS

FAILS = """
from twinbeam.app.process import run
from twinbeam.core.errors import ConfigError

async def main():
    raise {error}

run(main())
"""


def ended(error):
    """Return what a process prints whose work fails so; its status is 1."""
    done = subprocess.run(
        [sys.executable, "-c", FAILS.format(error=error)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_what_was_expected_ends_it_with_its_sentence():
    assert ended("ConfigError('Set TWINBEAM_DATA.')") == "twinbeam: Set TWINBEAM_DATA.\n"


def test_what_nobody_expected_ends_it_with_a_sentence_that_quotes_no_event():
    said = ended("ValueError('ada@shop.example')")
    assert said.startswith("twinbeam: ValueError at process.py:")
    assert said.endswith("> <string>:6 ended this process; please report this line.\n")
    assert said.count("\n") == 1
    assert "ada@shop.example" not in said
