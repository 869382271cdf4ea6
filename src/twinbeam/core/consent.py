"""
What a visitor said about consent, as a value that can be kept and joined.

A `ConsentRecord` holds one statement per purpose with the moment it was made. Records of one visit are joined by
`latest`: per purpose the later word wins, and of two words of one moment the refusal, then the one that nobody could
read. Joining is commutative, associative and idempotent, so it never matters in which order the visit's events arrive.
"""

from typing import Literal

from msgspec import Struct

Answer = Literal["granted", "denied", "undecided", ""]
"""What was said about a purpose: "undecided" is a word that nobody could read, empty that there was none."""

PURPOSES = ("ad_storage", "ad_user_data", "ad_personalization")


class DatedAnswer(Struct, frozen=True, gc=False, array_like=True, order=True):
    """One answer and when it was given."""

    at_ms: int = (
        0  #: ms since the epoch; 0 for a grant of which nobody knows when it was given: it is beaten by any word
    )
    answer: Answer = ""


SILENCE = DatedAnswer()


class Region(Struct, frozen=True, gc=False, array_like=True):
    """Where the visitor is, as far as law is concerned, and how well that is known."""

    code: str = ""  #: ISO 3166: a country such as DE, or a state such as US-CA; empty when nobody knows
    rank: int = 9  #: who says so: BANNER, EDGE or ADDRESS; 9 nobody


BANNER, EDGE, ADDRESS = 0, 1, 2
"""Who says where the visitor is: the sender's `region`, the delivery network, a shipping or billing address."""

NOWHERE = Region()


class ConsentRecord(Struct, frozen=True, gc=False, array_like=True):
    """All that a visitor said, purpose by purpose; `opt_out` is a GPC or GPP signal."""

    ad_storage: DatedAnswer = SILENCE
    ad_user_data: DatedAnswer = SILENCE
    ad_personalization: DatedAnswer = SILENCE
    opt_out: DatedAnswer = SILENCE  #: "denied" when the visitor opted out of sale and sharing, "granted" when not
    region: Region = NOWHERE  #: as the sender says: the banner's word, else an address
    source: str = ""  #: who reported it, such as a banner's name
    evidence: str = ""  #: what it rests on, such as a consent string's hash; never an identifier
    seen: Region = NOWHERE  #: as the delivery network sees it; kept apart, since the stricter of the two counts


NOTHING_SAID = ConsentRecord()

#: Event sources whose events may say `limited_data_use` (tiktok.md 2.2).
LIMITABLE = frozenset({"web", "app"})


def latest(one: ConsentRecord, other: ConsentRecord) -> ConsentRecord:
    """Join two records of one visit: the later word per purpose, a refusal before a grant of the same moment."""
    if one == other:
        return one
    newer = max(one, other, key=_age)
    return ConsentRecord(
        _later(one.ad_storage, other.ad_storage),
        _later(one.ad_user_data, other.ad_user_data),
        _later(one.ad_personalization, other.ad_personalization),
        _later(one.opt_out, other.opt_out),
        _better(one.region, other.region),
        newer.source,
        newer.evidence,
        _better(one.seen, other.seen),
    )


def says_nothing(record: ConsentRecord) -> bool:
    """Return whether a record answers no purpose."""
    return same_answers(record, NOTHING_SAID)


def same_answers(one: ConsentRecord, other: ConsentRecord) -> bool:
    """Return whether two records say the same of every purpose, whenever that was."""
    return (
        one.ad_storage.answer == other.ad_storage.answer
        and one.ad_user_data.answer == other.ad_user_data.answer
        and one.ad_personalization.answer == other.ad_personalization.answer
        and one.opt_out.answer == other.opt_out.answer
    )


def same_places(one: ConsentRecord, other: ConsentRecord) -> bool:
    """Return whether two records know the visitor in the same places."""
    return one.region == other.region and one.seen == other.seen


def only_grants(record: ConsentRecord) -> bool:
    """Return whether whatever a record answers is a grant."""
    said = (record.ad_storage, record.ad_user_data, record.ad_personalization, record.opt_out)
    return all(statement.answer in ("granted", "") for statement in said)


def denials(record: ConsentRecord) -> ConsentRecord | None:
    """Keep of a record what was not granted, and the places by whose law that counts; None where all was."""
    denied = ConsentRecord(
        _if_not_granted(record.ad_storage),
        _if_not_granted(record.ad_user_data),
        _if_not_granted(record.ad_personalization),
        _if_not_granted(record.opt_out),
        record.region,
        seen=record.seen,
    )
    return None if says_nothing(denied) else denied


def newest_ms(record: ConsentRecord) -> int:
    """Return when the newest word of a record was said; 0 when nothing was."""
    return max(
        record.ad_storage.at_ms, record.ad_user_data.at_ms, record.ad_personalization.at_ms, record.opt_out.at_ms
    )


def _if_not_granted(said: DatedAnswer) -> DatedAnswer:
    return SILENCE if said.answer == "granted" else said


def _later(one: DatedAnswer, other: DatedAnswer) -> DatedAnswer:
    return one if one == other else max(one, other, key=_weight)


def _better(one: Region, other: Region) -> Region:
    """Prefer who knows better; where two who know equally well differ, only what both say is known."""
    if one.rank != other.rank:
        return min(one, other, key=lambda region: region.rank)
    if one.code == other.code:
        return one
    country = one.code[:2]
    return Region(country if country == other.code[:2] else "", one.rank)


_STRICTER: dict[Answer, int] = {"": 0, "granted": 1, "undecided": 2, "denied": 3}


def _weight(statement: DatedAnswer) -> tuple[bool, int, int]:
    """Rank statements: any word before silence, then the later one, then the refusal."""
    return (statement.answer != "", statement.at_ms, _STRICTER[statement.answer])


def _age(record: ConsentRecord) -> tuple[int, str, str]:
    """Rank whole records by their newest word; the texts only break ties, so that the order of joining is nothing."""
    return (newest_ms(record), record.source, record.evidence)
