"""What the owners of the kit's pixels decided: one pixel for each decision that a promise is about."""

from collections.abc import Mapping

from signals import HOUR, NOW
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.record.policy import DEFAULT_TERMS, RecordPolicy, Terms

_TERMS: Mapping[str, Terms] = {
    "CONFIRMED": Terms(PixelRules(confirm_purchases="on")),
    "SERVER": Terms(server_source=True),
    "TRUSTING": Terms(PixelRules(confirm_purchases="off"), server_source=True),
    "PAID": Terms(PixelRules(purchase_means="paid", confirm_purchases="off")),
    "OLD": Terms(PixelRules(spelling="old")),
    "NEW": Terms(PixelRules(spelling="new")),
    "TESTED": Terms(PixelRules(test_code="TEST1", test_until_ms=NOW + HOUR)),
    "STRIPPED": Terms(PixelRules(consent=ConsentRules(user_data_denied="strip"))),
}


def _terms_of(_workspace: str, pixel: str) -> Terms:
    return _TERMS.get(pixel, DEFAULT_TERMS)


POLICY = RecordPolicy(terms_of=_terms_of, judge=judge)
