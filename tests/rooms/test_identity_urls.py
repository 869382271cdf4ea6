"""Addresses of pages, beyond the vectors: the visitor's own number, the click id, and what must not change."""

from time import perf_counter

import pytest

from sealing import seal
from twinbeam.pipeline.identity.parameters import SENSITIVE, is_sensitive
from twinbeam.pipeline.identity.urls import click_id_of, scrubbed_url


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/c?x=2133734253",
        "https://shop.example/c?x=12133734253",
        "https://shop.example/c/2133734253",
        "https://shop.example/c#x=213.373.42.53",
    ],
)
def test_the_visitor_s_own_number_is_found_in_any_writing(url):
    assert scrubbed_url(url, "+1 213 373 4253") != url
    assert scrubbed_url(url, "+1 213 373 9999") == url
    assert "4253" not in scrubbed_url(url, ["12", "+1 213 373 4253"])


def test_a_number_that_came_hashed_is_not_searched_for():
    url = "https://shop.example/c?x=1234567"
    assert scrubbed_url(url, "1234567" * 9 + "a") == url


@pytest.mark.parametrize(
    "name",
    [
        *("token", "access_token", "accessToken", "x-api-key", "apikey", "order_key", "password", "pwd", "session_id"),
        *(
            "PHPSESSID",
            "auth",
            "oauth_verifier",
            "code",
            "reset_code",
            "sig",
            "X-Amz-Signature",
            "jwt",
            "client_secret",
        ),
        *("email", "billing_email", "customer%5Bemail%5D", "e-mail", "phone", "phoneNumber", "first_name", "name"),
        *("shipping[address_line_1]", "zip", "postal_code", "date_of_birth", "street"),
    ],
)
def test_a_parameter_of_this_name_loses_its_value(name):
    assert is_sensitive(name)
    assert scrubbed_url(f"https://shop.example/?a=1&{name}=xyz&b=2", None) == (
        f"https://shop.example/?a=1&{name}=redacted&b=2"
    )


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ttclid",
            "gclid",
            "utm_source",
            "utm_content",
            "q",
            "keyword",
            "promo_code",
            "country_code",
            "discount_code",
        ),
        *(
            "author",
            "passenger",
            "design",
            "signup",
            "email_campaign",
            "content_name",
            "product_name",
            "iphone",
            "gzip",
        ),
        *("state", "sort", "page", "id", "order", "monkey", "turkey", "tokyo", "sessions", ""),
    ],
)
def test_a_parameter_of_this_name_keeps_its_value(name):
    assert not is_sensitive(name)
    assert (
        scrubbed_url(f"https://shop.example/?a=1&{name}=xyz&b=2", None) == f"https://shop.example/?a=1&{name}=xyz&b=2"
    )


def test_names_are_remembered_within_bounds():
    for number in range(5_000):
        scrubbed_url(f"https://shop.example/?name{number}=1", None)
    scrubbed_url(f"https://shop.example/?{'n' * 100}=1", None)
    assert len(SENSITIVE) <= 2_048
    assert max(map(len, SENSITIVE)) <= 40


@pytest.mark.parametrize(
    ("url", "click_id"),
    [
        ("https://shop.example/?ttclid=E.C.P.a&x=1", "E.C.P.a"),
        ("https://shop.example/?x=1&ttclid=E.C.P.a", "E.C.P.a"),
        ("https://shop.example/?nottclid=1&ttclid=E.C.P.a#top", "E.C.P.a"),
        ("https://shop.example/#/p?ttclid=E.C.P.a", "E.C.P.a"),
        ("https://shop.example/?ttclid=E.C.P.a%2Bb", "E.C.P.a%2Bb"),
        ("https://shop.example/?nottclid=1", None),
        ("https://shop.example/?x=1", None),
        ("ttclid=1", None),
    ],
)
def test_a_click_id_is_read_from_the_address(url, click_id):
    assert click_id_of(url) == click_id


CLICKED = "https://shop.example/?ttclid=E.C.P.a%2Bb"


@pytest.mark.parametrize(
    ("given", "url", "referrer", "sent"),
    [
        (None, CLICKED, None, "E.C.P.a+b"),
        ("E.C.P.old", CLICKED, None, "E.C.P.a+b"),
        ("E.C.P.own", "https://shop.example/", CLICKED, "E.C.P.own"),
        ("two words", CLICKED, None, "E.C.P.a+b"),
        ("E.C.P.own", "https://shop.example/?ttclid=two%20words", None, "E.C.P.own"),
        (None, "https://SHOP.example/cart", CLICKED, "E.C.P.a+b"),
        (None, "https://other.example/cart", CLICKED, None),
        (None, "https://shop.example:8443/cart", CLICKED, None),
        (None, None, CLICKED, None),
    ],
)
def test_the_newest_click_is_in_the_address_and_then_in_the_page_before_of_the_same_host(given, url, referrer, sent):
    assert seal(ttclid=given, url=url, referrer=referrer).user.get("ttclid") == sent


def test_a_click_id_beyond_a_thousand_characters_is_told_and_never_cut():
    sealed = seal(ttclid=None, url=f"https://shop.example/?ttclid={'x' * 1_001}")
    assert "ttclid" not in sealed.user
    assert sealed.told == [("page.url", "click_id_invalid")]
    assert sealed.body["page"]["url"].endswith("x" * 1_001)


def test_an_empty_address_is_no_page():
    assert "page" not in seal(url="", referrer="", ttclid=None).body


@pytest.mark.parametrize("part", ["?", "a", "@", "a@", "ttclid=", "%40", "a.", "1 ", "/1", "&a=", "://", "00-", "%25"])
def test_the_time_for_an_address_grows_with_its_length_only(part):
    url = f"https://shop.example/?x=1234567{part * 40_000}@"
    began = perf_counter()
    scrubbed_url(url, "+447911123456")
    assert perf_counter() - began < 2  # a tenth of that; quadratic time would be a minute
