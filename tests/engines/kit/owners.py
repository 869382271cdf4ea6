"""What the owners of the kit's pixels decided: one pixel for each decision that a promise is about."""

from collections.abc import Mapping

from signals import HOUR, NOW
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.story import Flow
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.record.policy import DEFAULT_TERMS, RecordPolicy, Terms

#: Of all other pixels: most promises are about one side alone.
_TRUSTED = Terms(PixelRules(confirm_purchases="off"))
_TERMS: Mapping[str, Terms] = {
    "CONFIRMED": Terms(PixelRules(confirm_purchases="on")),
    "AUTO": DEFAULT_TERMS,
    "TRUSTING": Terms(PixelRules(confirm_purchases="off")),
    "PAID": Terms(PixelRules(purchase_means="paid", confirm_purchases="off")),
    "OLD": Terms(PixelRules(spelling="old", confirm_purchases="off")),
    "NEW": Terms(PixelRules(spelling="new", confirm_purchases="off")),
    "TESTED": Terms(PixelRules(test_code="TEST1", test_until_ms=NOW + HOUR, confirm_purchases="off")),
    "MARGIN": Terms(PixelRules(value="margin", confirm_purchases="off")),
    "MARGINELSE": Terms(PixelRules(value="margin", cost_unknown="revenue", confirm_purchases="off")),
    "STOPPED": Terms(PixelRules(confirm_purchases="off"), stopped=True),
    "PAUSED": Terms(PixelRules(confirm_purchases="off"), flow=Flow("paused", NOW, "ada")),
    "DRAINING": Terms(PixelRules(confirm_purchases="off"), flow=Flow("draining", NOW, "ada")),
    "STRIPPED": Terms(PixelRules(consent=ConsentRules(user_data_denied="strip"))),
}


def _terms_of(_workspace: str, pixel: str) -> Terms:
    return _TERMS.get(pixel.rstrip("0123456789") if pixel.startswith("AUTO") else pixel, _TRUSTED)


POLICY = RecordPolicy(terms_of=_terms_of, judge=judge)
