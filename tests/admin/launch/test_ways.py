"""Which way is recommended, and that choosing one puts it in force."""

from itertools import product

import pytest

from twinbeam.admin import pixels
from twinbeam.admin.errors import Invalid
from twinbeam.admin.launch.ways import NAMES, Situation, advised, choose
from twinbeam.core.rules import MAIN

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.mark.parametrize(
    ("situation", "way", "because"),
    [
        (Situation(privacy=True), "server", "your own server"),
        (Situation(privacy=True, starting=True, ios="high"), "server", "your own server"),
        (Situation(starting=True), "browser", "enough to begin"),
        (Situation(starting=True, ios="high"), "browser", "ad blockers"),
        (Situation(ios="high"), "both", "On iPhones"),
        (Situation(), "both", "must not be lost"),
        (Situation(valuable=False, ios="low"), "both", "count once"),
    ],
)
def test_the_first_reason_that_applies_counts(situation, way, because):
    found = advised(situation)
    assert found.way == way
    assert because in found.reason


def test_every_situation_has_one_way_with_a_reason():
    for ios, privacy, valuable, starting in product(("low", "high", "unknown"), *[[True, False]] * 3):
        found = advised(Situation(ios, privacy, valuable, starting))
        assert found.way in NAMES
        assert found.reason.endswith(".")


def test_choosing_puts_the_way_in_force_and_what_is_none_is_refused(admin):
    pixels.add(admin, pixels.NewPixel(CODE))
    assert choose(admin, MAIN, CODE, "server").way == "server"
    assert pixels.known(admin, MAIN, CODE).rules.way == "server"
    with pytest.raises(Invalid, match="both, browser or server"):
        choose(admin, MAIN, CODE, "sideways")
