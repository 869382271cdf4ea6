"""What is planted is found, and a healthy week is not troubled: by the checks alone, and by shops over a real store."""

import pytest

from planted import HEALTHY, PLANTED, facts_with
from shop_weeks import FAULTS, Shops
from showroom import Showroom
from twinbeam.checks.listing import CHECKS, issues


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    room = Showroom(tmp_path_factory.mktemp("issues") / "data")
    shops = Shops(room, FAULTS)
    shops.live()
    yield shops
    room.close()


@pytest.mark.slow
@pytest.mark.screens("issues", "blind", "false-alarm")
def test_all_that_is_planted_is_found_and_a_healthy_week_has_no_issue(shops, record_property):
    found = shops.found()
    false = found.pop("") | {issue.check for issue in issues(HEALTHY)}
    seen = {check for check in PLANTED if check in {it.check for it in issues(facts_with(PLANTED[check]))}}
    missed = {check for checks, its in found.items() for check in checks.split("+") if check not in its}
    n, of = len(seen - missed), len(CHECKS)
    record_property("figures", f"issues {n} of {of} planted found, {len(false)} false in a healthy week")
    assert (missed, set(PLANTED) - seen, false) == (set(), set(), set())
