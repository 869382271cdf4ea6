"""Each part of `make check-shops` that can be sabotaged fails when it is: a check that stays green is blind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("part", "tests", "told"),
    [
        ("cod-early", "tests/shops/test_outcomes.py", r"orders: money difference (?!0\.00)\d+"),
        ("refund-sent", "tests/shops/test_refunds.py", r"others: 0 of 1"),
        ("unsigned", "tests/shops/test_forged.py", r"late, 10 MB: stored [1-9]\d*, 5xx 0"),
    ],
)
def test_a_promise_that_is_broken_is_found(part, tests, told):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check", "shops", "-n", "0", tests],
        env={**os.environ, "SABOTAGE": part, "SHOP_ORDERS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(told, done.stdout)
