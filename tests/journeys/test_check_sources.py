"""`make check-sources` sums up in one line, and fails when a promise is broken: a check that stays green is blind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("broken", "status", "told"),
    [("", 0, r"^recipes 1 of 1\b"), ("double-pageview", 1, r"^recipes 0 of 1\b"), ("ungated", 1, r"^recipes 0 of 1\b")],
)
def test_a_promise_that_is_broken_is_found(broken, status, told):
    only = ["tests/tag/test_recipes.py", "-k", "shop-page"]
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check", "sources", "-n", "0", *only],
        env={**os.environ, "SABOTAGE": broken},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert re.search(told, done.stdout, re.MULTILINE)
