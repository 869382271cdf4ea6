"""Each check notices what it is there for, and none speaks of a healthy pixel."""

import pytest

from planted import HEALTHY, PLANTED, facts_with
from twinbeam.checks.listing import BY_ID, issues


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
