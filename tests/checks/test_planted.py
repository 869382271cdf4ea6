"""Each check notices what it is there for, and none speaks of a healthy pixel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planted import HEALTHY, PLANTED, facts_with
from twinbeam.checks.listing import BY_ID, issues, open_issues
from twinbeam.checks.records import Mute


def test_a_healthy_pixel_has_no_issue():
    assert [issue.check for issue in issues(HEALTHY)] == []


def test_something_is_planted_for_each_check():
    assert PLANTED.keys() == BY_ID.keys()


@pytest.mark.parametrize("check", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(check):
    (issue,) = issues(facts_with(PLANTED[check]))
    assert issue.check == check
    assert issue.what.endswith((".", "page."))
    assert issue.fix


@given(st.sampled_from(sorted(PLANTED)), st.booleans())
def test_a_mute_is_of_one_check_of_one_pixel_and_changes_nothing_else(check, is_own):
    facts = facts_with(PLANTED[check])
    pixel = facts.pixel.code if is_own else "C0OTHERPIXELSCODE002"
    mute = Mute(facts.pixel.workspace, pixel, check, "by design", "ada", 1)
    (told,) = open_issues(facts, {}, {mute.key: mute})
    (unmuted,) = open_issues(facts, {}, {})
    assert told.mute == (mute if is_own else None)
    assert told.issue == unmuted.issue
