"""Every answer of TikTok's that the gateway knows has its cause and its fix in words."""

from twinbeam.core.error_reference import CODES, RANGES, STATUSES, UNKNOWN, advice_on
from twinbeam.destinations.tiktok import verdicts


def test_each_code_of_the_verdict_table_is_explained() -> None:
    assert [code for code in verdicts.CODES if advice_on(code) is UNKNOWN] == []


def test_nothing_is_explained_that_no_verdict_knows() -> None:
    assert set(CODES) <= set(verdicts.CODES)
    assert all({first, last} <= {*verdicts.CODES} for first, last, _ in RANGES)


def test_a_code_decides_and_a_status_only_without_one() -> None:
    assert advice_on(40100, 401) is CODES[40100]
    assert advice_on(None, 401) is STATUSES[401]
    assert advice_on(None, 299) is advice_on(99_999) is UNKNOWN


def test_every_advice_says_what_to_do() -> None:
    for advice in (*CODES.values(), *STATUSES.values(), *(advice for *_, advice in RANGES), UNKNOWN):
        assert advice.cause.endswith("."), advice
        assert advice.fix, advice
