"""What it means for a conversion that the shop's server reports it: from then on strangers only claim."""

from twinbeam.core.consent import ConsentRecord
from twinbeam.core.values import MATCH, Side, Signal
from twinbeam.pipeline.record.arriving import Arriving
from twinbeam.pipeline.record.conversion import (
    BELIEVED,
    BY_ORDER,
    CLAIMED,
    CONTEST,
    GRANTED,
    PERMISSION,
    REPORTER,
    STRONG,
    VOUCHED,
    Conversion,
    belongs_to,
)
from twinbeam.pipeline.record.relation import Relation, is_another_order

_BELIEVED = frozenset({Relation.OWN, Relation.FIRST_VOUCHED, Relation.TAKEN_OVER})


def is_believed(relation: Relation) -> bool:
    """Return whether an arrival is believed in everything, and is no mere claim."""
    return relation in _BELIEVED


def vouch(known: Conversion, it: Arriving, *, after_browser_ms: int) -> None:
    """Let a server's copy vouch for a conversion, and weigh anew what browsers said of it before."""
    was_vouched = known.evidence & VOUCHED
    is_same_visit = belongs_to(known, it.visitor)
    known.evidence |= VOUCHED
    known.person = known.person or person_of(it.signal)
    known.order_id = it.signal.order_id or known.order_id
    if it.signal.strong and not known.evidence & STRONG:
        _name_visit(known, it, is_same_visit=is_same_visit)
    elif it.signal.strong:
        known.other_visitor = known.other_visitor or (it.other_visitor if is_same_visit else it.visitor)
    elif not was_vouched and is_same_visit:
        _name_visit(known, it, is_same_visit=True)
    elif not was_vouched:
        _remember_reporter(known, it)
        _weigh(known, it, after_browser_ms)


def forget_other_order(known: Conversion, signal: Signal) -> None:
    """Forget what browsers said of another order under an event id that turns out to be of this one."""
    if signal.channel.side is Side.SERVER and is_another_order(known, signal):
        known.contested_ms, known.browser_at, known.native_proven = 0, None, False
        known.lacks &= ~CONTEST
    elif speaks_of_order(known, signal) and not known.evidence & VOUCHED:
        known.contested_ms = 0  # the order itself remembers it
        known.lacks &= ~CONTEST


def speaks_of_order(known: Conversion, signal: Signal) -> bool:
    """Return whether a server names an order where a remembered refusal named one: that is looked up by the order."""
    return bool(known.evidence & BY_ORDER) and signal.channel.side is Side.SERVER and bool(signal.order_id)


def refuse_as_server(known: Conversion, it: Arriving) -> None:
    """Let a server's refusal vouch for what is refused, so that no browser opens it anew."""
    if it.signal.strong and not belongs_to(known, it.visitor):
        known.other_visitor = it.other_visitor
    if it.signal.strong or not known.evidence & STRONG:
        known.visitor = it.visitor or known.visitor
    known.evidence |= VOUCHED | STRONG * it.signal.strong


def hand_over(known: Conversion, visitor: bytes) -> None:
    """
    Let what no server vouches for be the visit's whose own copy goes out.

    What others said of TikTok's own script is a claim from then on.
    """
    known.visitor, known.other_visitor = visitor, b""
    if known.browser_at is not None and known.native_proven and known.evidence & BELIEVED:
        known.browser_at = max(known.browser_at, known.received_ms)
        known.evidence |= CLAIMED
    else:
        known.browser_at, known.native_proven = None, False


def outdoes(signal: Signal, contested_ms: int) -> bool:
    """Return whether a server's copy states a grant that was given after a conversion was contested."""
    return bool(contested_ms) and signal.consent is not None and _granted_ms(signal.consent) > contested_ms


def person_of(signal: Signal) -> bytes:
    """Return the hash by which a copy names its person, empty where it bears no e-mail address."""
    return signal.marks[0] if signal.marks and signal.match & MATCH["email"] else b""


def _name_visit(known: Conversion, it: Arriving, *, is_same_visit: bool) -> None:
    """Believe one visit alone; what others brought or held back is gone."""
    is_dated = is_same_visit or _was_reported_by(known, it.visitor)  # its own page told of TikTok's script
    if not is_same_visit:
        known.visitor, known.other_visitor = it.visitor, it.other_visitor
    elif known.evidence & REPORTER:
        known.other_visitor = b""
    known.contested_ms = 0
    known.lacks &= ~CONTEST
    if not is_dated or known.evidence & CLAIMED:
        known.browser_at, known.native_proven = None, False
    known.evidence = (known.evidence | STRONG) & ~(CLAIMED | REPORTER)
    if known.evidence & GRANTED:
        return
    known.conditions = 0  # the copy that names the visit brings those that its visit has set
    if belongs_to(known, known.granter):
        known.evidence |= GRANTED * (not known.lacks & PERMISSION)
    else:
        known.lacks |= PERMISSION
        known.granter = b""


def _remember_reporter(known: Conversion, it: Arriving) -> None:
    """Let the order be its server's, and remember whose page reported it: the server may still name that visit."""
    reporter = known.visitor
    known.visitor, known.other_visitor = it.visitor, it.other_visitor or reporter
    known.evidence |= REPORTER * (bool(reporter) and not it.other_visitor)


def _was_reported_by(known: Conversion, visitor: bytes) -> bool:
    return bool(visitor) and bool(known.evidence & REPORTER) and visitor == known.other_visitor


def _weigh(known: Conversion, it: Arriving, after_browser_ms: int) -> None:
    """
    Keep of what browsers claimed only what is within limits, dated by its receipt.

    What TikTok's own script is claimed to have sent so long ago that another copy would count twice is contested.
    """
    if not known.evidence & BELIEVED:
        known.browser_at, known.native_proven = None, False
        return
    if known.contested_ms:
        known.lacks |= CONTEST
    if known.browser_at is not None:
        known.browser_at = max(known.browser_at, known.received_ms)
        if known.native_proven and it.signal.received_ms - known.browser_at > after_browser_ms:
            known.lacks |= CONTEST
            known.contested_ms = known.browser_at


def _granted_ms(record: ConsentRecord) -> int:
    said = (record.ad_storage, record.ad_user_data)
    return min((one.at_ms if one.answer == "granted" else 0) for one in said)
