"""Each part of `make check-pixels` that can be sabotaged fails when it is: a check that stays green is blind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
FEWER = r"(?!(\d+) of \1\b)\d+ of \d+"


@pytest.mark.parametrize(
    ("part", "tests", "told"),
    [
        ("open-route", "tests/web/test_access.py", rf"routes {FEWER} guarded"),
        ("bad-token", "tests/tiktok/test_token_trial.py", rf"token answers {FEWER}"),
        ("stale-import", "tests/journeys/test_import.py", "the account is broken: not within"),
    ],
)
def test_a_promise_that_is_broken_is_found(part, tests, told):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check", "pixels", "-n", "0", "-x", tests],
        env={**os.environ, "SABOTAGE": part},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(told, done.stdout)
