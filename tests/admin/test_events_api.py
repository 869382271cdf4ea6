"""Not configured, configured, failing since: by what is written down of a token, and by TikTok's newest answer."""

from msgspec.structs import replace

from twinbeam.admin.events_api import events_api
from twinbeam.admin.token_record import TokenCheck, TokenVerdict
from twinbeam.core.events_api import ApiState
from twinbeam.core.story import LastAnswer, PixelRow

ROW = PixelRow("main", "C1", "web", "Shop", has_token=True, token_ms=100, created_ms=1)
GOOD = TokenCheck("main", "C1", 200, TokenVerdict.GOOD, 0, "OK", "r-1", proven=True)
BAD = TokenCheck("main", "C1", 300, TokenVerdict.EXPIRED, 40105, "Revoked.", "r-2", failing_since_ms=250)
REFUSAL = LastAnswer("main", "C1", 400, 40001, "No permission.")


def test_without_a_token_nothing_is_configured_whatever_was_known_of_an_earlier_one():
    found = events_api(replace(ROW, has_token=False), BAD, REFUSAL)
    assert (found.state, found.since_ms, found.state.value) == (ApiState.NOT_CONFIGURED, None, "Not configured")


def test_a_token_is_configured_and_it_is_said_what_is_not_proven():
    assert events_api(ROW, None).sentence == "It has a token, which was not tried yet."
    found = events_api(ROW, GOOD)
    assert (found.state, found.proven, found.advice) == (ApiState.CONFIGURED, True, "")
    found = events_api(ROW, replace(GOOD, verdict=TokenVerdict.UNPROVEN, proven=False))
    assert (found.state, found.proven) == (ApiState.CONFIGURED, False)
    assert "Not proven yet" in found.sentence


def test_a_refused_token_fails_since_the_first_refusal():
    found = events_api(ROW, BAD)
    assert (found.state, found.since_ms) == (ApiState.FAILING, 250)
    assert found.answer == "code 40105, Revoked, request r-2"
    assert events_api(ROW, BAD, REFUSAL).since_ms == 250


def test_a_delivery_that_was_refused_a_moment_ago_counts_before_it_is_written_down():
    assert events_api(ROW, GOOD, REFUSAL).since_ms == 400
    assert events_api(ROW, None, REFUSAL).answer == "code 40001, No permission"
    assert events_api(ROW, replace(GOOD, at_ms=401), REFUSAL).state is ApiState.CONFIGURED, "tried since"
