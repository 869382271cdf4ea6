"""What an answer means: the code decides, and whatever it is ends in the closed set with a sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.accounts import PROBLEMS, AccountProblem, AccountTrouble, words_for
from twinbeam.integrations.tiktok.verdicts import CODES, verdict


def said(code, status=200, message="a message", headers=(), **more):
    return verdict(status, json.dumps({"code": code, "message": message} | more).encode(), dict(headers))


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (40001, "no_permission"),
        (40100, "rate_limited"),
        (40102, "token_revoked"),
        (40104, "token_revoked"),
        (40105, "token_revoked"),
        (40110, "code_used"),
        (40113, "app_forbidden"),
        (40117, "app_forbidden"),
        (40130, "app_forbidden"),
        (40132, "rate_limited"),
        (40300, "no_permission"),
        (50000, "tiktok_trouble"),
        (51021, "rate_limited"),
        (61000, "rate_limited"),
        (40002, "not_understood"),
        (12345, "not_understood"),
    ],
)
@pytest.mark.parametrize("status", [200, 401, 400, 503])
def test_the_code_decides_whatever_the_status(code, problem, status):
    trouble = said(code, status)
    assert trouble.problem == AccountProblem(problem)
    assert trouble.detail == f"{code} a message"


def test_code_0_is_its_data_and_missing_or_odd_data_is_none():
    assert said(0, data={"list": []}) == {"list": []}
    for data in (None, [], "x", 7):
        assert said(0, data=data) == {}
    assert said(0, 500, data={"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("status", "problem"),
    [(502, "tiktok_trouble"), (408, "tiktok_trouble"), (429, "rate_limited"), (200, "malformed"), (302, "malformed")],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b'{"code": "0"}', b'{"code": -1}', b"[" * 5_000, b"\xff", b"null"]
)
def test_without_an_envelope_the_status_decides(status, problem, body):
    assert verdict(status, body, {}).problem == AccountProblem(problem)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("999999999", 3_600.0),
        ("-1", None),
        ("1.5", None),
        ("Thu, 01 Jan 2026 00:00:00 GMT", None),
        ("", None),
        ("\u0667", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_an_hour_at_most(header, seconds):
    assert said(40100, 401, headers={"Retry-After": header}).retry_after_seconds == seconds


def test_a_message_is_one_printable_line_of_200_characters_at_most():
    trouble = said(40100, message="<b>\n\x1b" + "x" * 500)
    assert trouble.detail.isprintable()
    assert len(trouble.detail) <= 200
    assert said(40100, message={"no": "text"}).detail == "40100"


@given(st.integers(200, 599), st.binary(max_size=200))
def test_no_bytes_break_it(status, body):
    assert isinstance(verdict(status, body, {}), dict | AccountTrouble)


def test_every_problem_has_a_sentence_that_says_what_to_do():
    assert set(PROBLEMS) == set(AccountProblem)
    for problem in AccountProblem:
        assert problem.sentence.endswith(".")
        assert words_for(problem.value) == problem.sentence
    assert words_for("a_problem_of_tomorrow") == words_for("") == ""
    assert set(CODES.values()) <= set(AccountProblem)
