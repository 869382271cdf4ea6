"""The emulator complains by itself: a test that let a sender make a mistake fails at teardown."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
from emulator_sender import Sender, event, user

def send(tiktok, *events):
    with Sender(tiktok.url) as sender:
        return sender.track(*events)
"""

ENDINGS = {
    "a good sender": ("def test_it(tiktok):\n    send(tiktok, event())\n", "1 passed"),
    "a raw e-mail": ("def test_it(tiktok):\n    send(tiktok, event(user=user(email='a@b.example')))\n", "1 error"),
    "an announced raw e-mail": (
        "def test_it(tiktok):\n    tiktok.expect('unhashed_pii')\n    send(tiktok, event(user=user(email='a@b.example')))\n",
        "1 passed",
    ),
    "an announced fault that stays away": (
        "def test_it(tiktok):\n    tiktok.expect('unhashed_pii')\n    send(tiktok, event())\n",
        "1 error",
    ),
    "an allowed fault that stays away": (
        "def test_it(tiktok):\n    tiktok.allow('unhashed_pii')\n    send(tiktok, event())\n",
        "1 passed",
    ),
    "an ISO time": ("def test_it(tiktok):\n    send(tiktok, event(event_time='2026-11-18T11:06:40Z'))\n", "1 error"),
    "over 1,000 events": ("def test_it(tiktok):\n    send(tiktok, *[event()] * 1001)\n", "1 error"),
    "a mistake of the test before": (
        (
            "def test_a(tiktok):\n    tiktok.expect('unhashed_pii')\n    send(tiktok, event(user=user(email='a@b.example')))\n"
            "def test_b(tiktok):\n    assert tiktok.counted() == []\n    assert tiktok.faults() == []\n"
        ),
        "2 passed",
    ),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_a_test_ends_as_its_sender_deserves(tmp_path: Path, case):
    body, ending = ENDINGS[case]
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tiktok_emulator.pytest_plugin"]\n')
    (tmp_path / "test_sender.py").write_text(HEAD + body)
    helpers = Path(__file__).parent.parent
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", f"pythonpath={helpers}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert ending in ran.stdout, ran.stdout + ran.stderr


def test_a_complaint_says_which_event_where_and_how_to_fix_it(tiktok, sender):
    from emulator_sender import event, user  # noqa: PLC0415

    sender.track(event(user=user(email="alice@example.com")))
    (complaint,) = tiktok.complaints()
    tiktok.expect("unhashed_pii")
    for part in ("unhashed_pii", "Purchase", "order-1", "user.email", "SHA-256", "tiktok.md 6.1"):
        assert part in complaint
    assert "alice" not in complaint
