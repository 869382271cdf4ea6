"""What a request that no app sees is answered on the port of the pages: words for people, a problem for programs."""

import json

import pytest

from served import respond, served
from twinbeam.web.failures import unread
from twinbeam.web.rendering import PageRenderer

LONG = b"a" * 10_000


@pytest.fixture(scope="module")
def pages():
    async def app(scope, receive, send):
        await respond(send, b"")

    with served(app, refusing=unread(PageRenderer())) as running:
        yield running


def ask(pages, target, lines=b""):
    return pages.ask(b"GET %b HTTP/1.1\r\nHost: pages\r\n%b\r\n" % (target, lines), method="GET")


def test_an_address_that_is_too_long_is_a_page_in_words(pages):
    answer = ask(pages, b"/pixels?q=" + LONG)
    assert answer.status == 414
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert b"The address is too long" in answer.body
    assert b"back to the overview" in answer.body
    assert LONG[:100] not in answer.body


def test_cookies_that_are_too_large_are_a_page_in_words(pages):
    answer = ask(pages, b"/pixels", b"cookie: " + b"c" * 33_000 + b"\r\n")
    assert (answer.status, b"cookies, then open the page again." in answer.body) == (431, True)


@pytest.mark.parametrize("target", [b"/v1/conversions?event_id=" + LONG])
def test_programs_get_a_problem(pages, target):
    answer = ask(pages, target)
    assert (answer.status, json.loads(answer.body)["code"]) == (414, "uri_too_long")


def test_what_is_no_http_gets_a_problem(pages):
    answer = pages.ask(b"nonsense\r\n\r\n", method="GET")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
