"""What is looked at before money is spent, read from a real store."""

from contextlib import closing

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from showroom import NO_TOKEN, Showroom, bought, seen_in_browser
from twinbeam.admin.launch.checks import Passed, launch_checks
from twinbeam.admin.launch.facts import launch_facts
from twinbeam.admin.launch.senders import OTHERS, signs
from twinbeam.admin.token_record import TokenCheck, TokenVerdict
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.events_api import ApiState
from twinbeam.core.values import Side

OTHER = "C0OTHERPIXELSCODE002"


@pytest.fixture
def house(tmp_path):
    with closing(Showroom(tmp_path)) as house:
        house.add_pixel()
        house.add_pixel(OTHER)
        yield house


def read(house, code=PIXEL, hosts=()):
    row = next(row for row in house.reader.pixels() if row.code == code)
    return launch_facts(house.reader, row, hosts, house.clock.now_ms(), (NO_TOKEN.code,))


def test_an_empty_store_has_nothing_to_tell(house):
    found = read(house)
    assert (found.counts, found.seen, list(found.sample), found.pair) == ({}, {}, [], None)
    assert {it.passed for it in launch_checks(found)} == {Passed.NOT_YET, Passed.FAILED, Passed.BY_HAND}


def test_a_pair_is_told_with_both_copies_and_of_no_other_pixel(house):
    house.record(bought("7", pixel=OTHER))
    house.record(seen_in_browser("1"))
    house.record(bought("1"))
    found = read(house)
    assert found.pair is not None
    assert [copy.channel for copy in found.pair.copies] == ["browser", "server"]
    assert found.recorded() == 2
    assert found.recorded("Purchase") == 2
    assert set(found.seen) == set(Side)
    assert read(house, OTHER).pair is None


def test_what_is_older_than_a_week_is_not_looked_at(house):
    house.record(bought("1"))
    house.clock.advance(ms=8 * MS_PER_DAY)
    found = read(house)
    assert (found.recorded(), list(found.sample)) == (0, [])


def test_hosts_of_the_pixel_come_before_those_of_its_workspace(house):
    assert list(read(house, hosts=("shop.example",)).hosts) == ["shop.example"]


def test_the_token_is_told_by_what_is_written_down_and_by_the_newest_answer(house):
    house.store.token_checks.save(TokenCheck(WORKSPACE, PIXEL, NOW_MS, TokenVerdict.GOOD, 0, "OK", proven=True))
    assert read(house).api.proven
    house.clock.advance(seconds=60)
    house.record(bought("1"))
    house.hold_up(NO_TOKEN)
    assert read(house).api.state is ApiState.FAILING


def test_other_senders_are_told_with_how_each_is_switched_off(house):
    assert signs(read(house)) == []
    assert len({it.name for it in OTHERS}) == len(OTHERS)
    for other in OTHERS:
        assert other.question.endswith("?")
        assert other.switch_off
