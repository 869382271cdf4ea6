"""The rules of this room as tables, for docs/concepts/consent.md: every cell is asked of the judge itself."""

from collections.abc import Iterable
from itertools import product

from twinbeam.core.consent import BANNER, NOWHERE, PURPOSES, SILENCE, Answer, ConsentRecord, DatedAnswer, Region
from twinbeam.core.rules import ConsentRules, Law
from twinbeam.core.values import Permission
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.consent.regions import ELSEWHERE, JURISDICTIONS, LIMITED_DATA_USE

ANSWERS: tuple[Answer, ...] = ("granted", "denied", "")

#: A place for each law, so that the tables come from the judge and not from what somebody believes of it.
PLACES: dict[Law, ConsentRules] = {
    "opt_in": ConsentRules(regions={"XA": "opt_in"}),
    "opt_out": ConsentRules(regions={"XA": "opt_out"}),
    "not_required": ConsentRules(regions={"XA": "not_required"}),
}


def said(
    storage: Answer, user_data: Answer, personal: Answer, opt_out: Answer = "", *, place: str = "XA"
) -> ConsentRecord:
    """Return the record of these answers, all of one moment, in a place that the sender names."""
    one, two, three, four = (
        DatedAnswer(1, answer) if answer else SILENCE for answer in (storage, user_data, personal, opt_out)
    )
    return ConsentRecord(one, two, three, four, Region(place, BANNER) if place else NOWHERE)


def laws() -> str:
    """Draw one table per law; all cells together are every answer to the three purposes."""
    return "\n\n".join(_law_table(law, rules) for law, rules in PLACES.items())


def partial() -> str:
    """Draw what each decision of an owner does to a partial refusal, under each law."""
    rows = (_partial_row(what, record, changes) for what, record, changes in _PARTIAL)
    return _table(["refused", "rule", *(f"law `{law}`" for law in PLACES)], rows)


def personal() -> str:
    """Draw what a refusal of personal use alone does, by place and event source."""
    sources = ("web", "offline", "crm")
    rows = (
        [words, *(cell(judge(ConsentRules(), record, source)) for source in sources)]
        for words, record in _personal_records()
    )
    return _table(["the visitor is in", *(f"`{source}`" for source in sources)], rows)


def regions() -> str:
    """List the built-in laws of places, each with its source."""
    rows = [[name, f"`{each.law}`", each.codes, each.source] for name, each in JURISDICTIONS.items()]
    last = ["elsewhere, or unknown", f"`{ELSEWHERE}`", "any other", "cautious: whatever is not listed asks first"]
    return _table(["places", "law", "ISO 3166", "source"], [*rows, last])


def _personal_records() -> Iterable[tuple[str, ConsentRecord]]:
    states = " ".join(sorted(LIMITED_DATA_USE))
    for words, place in ((states, "US-CA"), ("another state, or nobody knows which", "US"), ("another country", "DE")):
        yield words, said("granted", "granted", "denied", place=place)


_GRANTED: tuple[Answer, Answer] = ("granted", "granted")
_PARTIAL: tuple[tuple[str, ConsentRecord, dict[str, str]], ...] = (
    ("`ad_storage`", said("denied", "granted", ""), {}),
    ("`ad_user_data`", said("granted", "denied", ""), {"user_data_denied": "drop"}),
    ("`ad_user_data`", said("granted", "denied", ""), {"user_data_denied": "strip"}),
    ("`ad_personalization`", said(*_GRANTED, "denied"), {"personalization_denied": "limit"}),
    ("`ad_personalization`", said(*_GRANTED, "denied"), {"personalization_denied": "drop"}),
    ("sale and sharing (GPC, GPP)", said(*_GRANTED, "", "denied"), {"opted_out": "limit"}),
    ("sale and sharing (GPC, GPP)", said(*_GRANTED, "", "denied"), {"opted_out": "drop"}),
    ("sale and sharing (GPC, GPP)", said(*_GRANTED, "", "denied"), {"personalization_denied": "drop"}),
)


def _law_table(law: Law, rules: ConsentRules) -> str:
    storage, user_data, personal = PURPOSES
    head = [f"`{storage}`", f"`{user_data}`", *(f"`{personal}` {_word(answer)}" for answer in ANSWERS)]
    rows = (
        [_word(one), _word(two), *(cell(judge(rules, said(one, two, three), "web")) for three in ANSWERS)]
        for one, two in product(ANSWERS, ANSWERS)
    )
    return f"Law `{law}`:\n\n{_table(head, rows)}"


def _partial_row(what: str, record: ConsentRecord, changes: dict[str, str]) -> list[str]:
    named = ", ".join(f"`{rule}` = `{choice}`" for rule, choice in changes.items()) or "any"
    cells = (
        cell(judge(ConsentRules(regions=place.regions, **changes), record, "web"))  # type: ignore[arg-type]
        for place in PLACES.values()
    )
    return [what, named, *cells]


def cell(permission: Permission) -> str:
    """Word a permission."""
    words = [str(permission.decision), "limited" if permission.limited else "", "bare" if permission.bare else ""]
    return ", ".join(filter(None, words))


def _word(answer: Answer) -> str:
    return answer or "not said"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    lines.insert(1, "|---" * len(head) + "|")
    return "\n".join(lines)
