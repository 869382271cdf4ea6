"""`make check-delivery` fails when a promise is broken: a check that stays green is blind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.journey, pytest.mark.alone]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("part", "tests", "told"),
    [
        ("lose", "tests/delivery/test_outage.py", r"outage .*: lost [1-9]\d*"),
        pytest.param(
            "double", "tests/delivery/test_chaos.py", r"chaos 600: .*, doubled [1-9]\d*", marks=pytest.mark.long
        ),
        pytest.param("lose", "tests/delivery/test_chaos.py", r"chaos 600: .*, unexplained", marks=pytest.mark.long),
    ],
)
def test_a_promise_that_is_broken_is_found(part, tests, told):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check", "delivery", "-n", "0", tests],
        env={**os.environ, "SABOTAGE": part, "CHAOS_EVENTS": "600", "OUTAGE_HOURS": "0.02"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(told, done.stdout), done.stdout
