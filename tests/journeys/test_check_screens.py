"""Each part of `make check-screens` that can be sabotaged fails when it is: a check that stays green is blind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("blind", r"issues (?!(\d+) of \1\b)\d+ of \d+ planted found, 0 false"),
        ("false-alarm", r"planted found, [1-9]\d* false in a healthy week"),
    ],
)
def test_a_promise_that_is_broken_is_found(part, told):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check", "screens", "-n", "0", "-x", "tests/screens/test_issues.py"],
        env={**os.environ, "SABOTAGE": part},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(told, done.stdout)
