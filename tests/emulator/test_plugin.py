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

FINE = {"PASSED"}
FAILS = {"PASSED", "ERROR"}  #: The test itself passes; its teardown complains.

ENDINGS = {
    "a good sender": ("def test_it(tiktok):\n    send(tiktok, event())\n", FINE),
    "a raw e-mail": ("def test_it(tiktok):\n    send(tiktok, event(user=user(email='a@b.example')))\n", FAILS),
    "an announced raw e-mail": (
        "def test_it(tiktok):\n    tiktok.expect('unhashed_pii')\n    send(tiktok, event(user=user(email='a@b.example')))\n",
        FINE,
    ),
    "an announced fault that stays away": (
        "def test_it(tiktok):\n    tiktok.expect('unhashed_pii')\n    send(tiktok, event())\n",
        FAILS,
    ),
    "an allowed fault that stays away": (
        "def test_it(tiktok):\n    tiktok.allow('unhashed_pii')\n    send(tiktok, event())\n",
        FINE,
    ),
    "an ISO time": ("def test_it(tiktok):\n    send(tiktok, event(event_time='2026-11-18T11:06:40Z'))\n", FAILS),
    "over 1,000 events": ("def test_it(tiktok):\n    send(tiktok, *[event()] * 1001)\n", FAILS),
    "a mistake of the test before": (
        (
            "def test_a(tiktok):\n    tiktok.expect('unhashed_pii')\n    send(tiktok, event(user=user(email='a@b.example')))\n"
            "def test_b(tiktok):\n    assert tiktok.counted() == []\n    assert tiktok.faults() == []\n"
        ),
        FINE,
    ),
}


@pytest.fixture(scope="module")
def endings(tmp_path_factory):
    """Run every case in one pytest of its own; give how each file ended."""
    folder = tmp_path_factory.mktemp("senders")
    (folder / "conftest.py").write_text('pytest_plugins = ["tiktok_emulator.pytest_plugin"]\n')
    for number, (body, _) in enumerate(ENDINGS.values()):
        (folder / f"test_{number}.py").write_text(HEAD + body)
    helpers = Path(__file__).parent.parent
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        "-o",
        f"pythonpath={helpers}",
        str(folder),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=False)
    words = [line.split() for line in ran.stdout.splitlines() if line.startswith("test_") and "::" in line]
    return {(name.partition(".")[0], ending) for name, ending, *_ in words}


@pytest.mark.parametrize("number", range(len(ENDINGS)), ids=list(ENDINGS))
def test_a_test_ends_as_its_sender_deserves(endings, number):
    _, wanted = list(ENDINGS.values())[number]
    assert {ending for name, ending in endings if name == f"test_{number}"} == wanted


def test_a_complaint_says_which_event_where_and_how_to_fix_it(tiktok, sender):
    from emulator_sender import event, user  # noqa: PLC0415

    sender.track(event(user=user(email="alice@example.com")))
    (complaint,) = tiktok.complaints()
    tiktok.expect("unhashed_pii")
    for part in ("unhashed_pii", "Purchase", "order-1", "user.email", "SHA-256", "tiktok.md 6.1"):
        assert part in complaint
    assert "alice" not in complaint
