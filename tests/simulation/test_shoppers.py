"""The month's truth: drawn from a seed, within what is assumed, and what of it reaches TikTok without a gateway."""

import pytest
from month import assumptions as assumed
from month import page, tally
from month.page import CHECKOUT, PURCHASE
from month.play import shoppers
from month.shoppers import Browser, Webhook
from month.without_gateway import own_ids, pixel_only, server_only

SOME = list(shoppers(5, 400))


def test_the_same_seed_is_the_same_month():
    assert list(shoppers(5, 400)) == SOME
    assert list(shoppers(6, 400)) != SOME


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_whole_month_keeps_to_what_is_assumed(seed):
    drawn = tally.shares(list(shoppers(seed, 20_000)), {code: it.in_eu for code, it in assumed.PLACES.items()})
    for it, (name, share) in zip(assumed.RANGES, drawn.items(), strict=True):
        assert it.low <= share <= it.high, (name, it.what, share)


def test_each_order_is_its_own():
    for name in ("order_id", "token", "email", "ttp"):
        assert len({getattr(it, name) for it in SOME}) == len(SOME)


def test_silence_is_permission_only_where_nobody_has_to_ask():
    silent = [it for it in SOME if it.answer is None]
    assert {it.permitted for it in silent} == {True, False}
    assert all(it.permitted == (it.country == "US") for it in silent)
    assert all(it.permitted is it.answer for it in SOME if it.answer is not None)


def test_who_stops_the_banner_is_never_asked():
    assert all(it.answer is None for it in SOME if it.browser is Browser.STOPS_ALL)


def test_only_an_open_page_reports_by_tiktoks_script():
    reports = [it for it in SOME if page.is_sent(it, PURCHASE)]
    assert reports == [it for it in SOME if it.permitted and it.browser is Browser.OPEN]
    assert not any(page.tag_runs(it, CHECKOUT) for it in SOME if it.browser is Browser.STOPS_ALL)


def test_the_script_counts_once_and_the_server_asks_nobody():
    alone, server = (tally.set_up("", SOME, play(SOME), lambda _: "") for play in (pixel_only, server_only))
    assert alone.counted.n == sum(it.permitted and it.browser is Browser.OPEN for it in SOME)
    assert (alone.doubles.n, alone.without_consent.n) == (0, 0)
    told = [it for it in SOME if it.webhook is not Webhook.LOST]
    assert server.counted.n == sum(it.permitted for it in told)
    assert server.without_consent.n == sum(not it.permitted for it in told)
    assert server.value_error == 0


def test_ids_of_their_own_double_whatever_both_report():
    both = tally.set_up("", SOME, own_ids(SOME), lambda _: "")
    assert both.doubles.n == sum(page.is_sent(it, PURCHASE) and it.webhook is not Webhook.LOST for it in SOME)


def test_a_page_that_states_less_makes_the_pixels_value_wrong():
    alone = tally.set_up("", SOME, pixel_only(SOME), lambda _: "")
    off = [it for it in SOME if page.is_sent(it, PURCHASE) and it.page_minor != it.minor]
    assert off
    assert 0 < alone.value_error < assumed.LEFT_OUT[1]


def test_where_tracking_was_refused_only_the_click_is_a_key():
    refused = [it for it in SOME if it.att_refused and it.permitted and it.webhook is not Webhook.LOST]
    by_server, by_script = server_only(SOME).purchases(), pixel_only(SOME).purchases()
    assert refused
    assert not any(tally.has_key(it, by_server[it.order_id]) for it in refused)
    assert all(tally.has_key(it, by_script[it.order_id]) for it in refused if it.order_id in by_script)


def test_every_share_of_a_kind_is_a_share_of_all():
    assert sum(assumed.PLATFORMS.values()) == pytest.approx(1)
    assert sum(it.weight for it in assumed.PLACES.values()) == 100
    assert {assumed.BY_CODE[code].currency for code in assumed.PLACES} <= assumed.EUROS.keys()
