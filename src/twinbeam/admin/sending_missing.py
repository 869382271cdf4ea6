"""
Sending what TikTok lacks: first what would be sent and why the rest is not, then sending it.

Only what TikTok rejected can be sent again: of all else nothing is kept that may leave, or it is on its way. Never what
consent forbids, and nothing that TikTok may count twice; the writer asks both once more when it sends.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.dead_letters import LetterJudge, ResendTerms, letter_judge
from twinbeam.admin.errors import Conflict, NotFound
from twinbeam.admin.reconciling import DAYS, OrderScope, last_days, reconciliation, told_of
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.dead_letters import LetterFilter, Resend, shaping, stays_because
from twinbeam.core.money import shown
from twinbeam.core.outcomes import Reason
from twinbeam.orders.reconciliation import Line, OrderReads, Result, sentence
from twinbeam.orders.sums import OrderPart, place_of
from twinbeam.pipeline.send.resending import goes_anew

MOST = 10_000  #: at once, the newest first


class MissingPreview(Struct, frozen=True):
    """What would be sent of what TikTok lacks, and why the rest is not."""

    conversions: Sequence[int]
    values: Mapping[str, int]  #: what is sent is worth, by currency, in its smallest unit
    kept_back: Mapping[str, int]  #: missing ones that are not sent, by reason
    anew: int = 0  #: of what is sent, what is shaped by its pixel's rules of today

    @property
    def n_kept_back(self) -> int:
        """How many missing ones are not sent."""
        return sum(self.kept_back.values())

    @property
    def shaping(self) -> str:
        """How many are sent by the rules of today, in words."""
        return shaping(self.anew, len(self.conversions) - self.anew)

    @property
    def worth(self) -> str:
        """What is sent is worth, in words."""
        return ", ".join(shown(minor, currency) for currency, minor in self.values.items())


#: Why what is missing is not sent again, where the reason alone does not say it.
_WHY = {
    "being_sent": "It is on its way to TikTok already, or waits for another try.",
    "no_event": (
        "Nothing that could be sent is kept of it: the ledger holds no customer data. Import it from a file with its "
        "consent, while it is younger than 7 days: twinbeam import orders FILE"
    ),
    Reason.ORDER_REUSED: "Its number was used before. Look at it, then send it: twinbeam release ORDER",
    Reason.RESTORED: "A restore brought it back, and TikTok may have it. Decide: twinbeam restored",
    Reason.CONSENT_NOT_SAID: "Nobody said whether its visitor gave consent, so it must not be sent.",
    Reason.CONSENT_NEVER_SAID: "Nobody said whether its visitor gave consent, so it must not be sent.",
    Reason.DEDUP_WINDOW: stays_because(Reason.DEDUP_WINDOW),
    Reason.TOO_OLD: stays_because(Reason.TOO_OLD),
}


def why_not(reason: str) -> str:
    """Return why what is missing for a reason is not sent again."""
    return _WHY.get(reason) or sentence(reason)


def preview(
    reads: OrderReads, letters: LetterJudge, question: OrderScope, parts: Iterable[OrderPart]
) -> MissingPreview:
    """Return what would be sent of what TikTok lacks of some orders, whose sums are at hand. Raises StorageError."""
    missing: Counter[str] = Counter()
    for part in parts:
        if part.result is Result.MISSING:
            missing[part.reason] += part.n
    lines = [
        line
        for line in told_of(reads.with_refused(question.days), letters.pixels)
        if _is_refused(line) and question.means_place(place_of(line))
    ]
    return _preview(letters, lines[:MOST], missing)


def asked_for(admin: Admin, workspace: str, *, days: int = DAYS, pixel: str = "") -> OrderScope:
    """Return the question for the orders of some days, of one pixel or of all; raises NotFound."""
    place = known_workspace(admin, workspace)
    if pixel and (place, pixel) not in {(row.workspace, row.code) for row in admin.store.pixels()}:
        raise NotFound(f"There is no pixel {pixel} in {place}; see: twinbeam pixels list")
    return OrderScope(last_days(admin.clock.now_ms(), days, place), pixel=(place, pixel) if pixel else None)


def previewed(admin: Admin, question: OrderScope, terms: ResendTerms) -> MissingPreview:
    """Return what would be sent of what TikTok lacks of some orders."""
    letters, reads = letter_judge(admin, terms), admin.store.orders
    return preview(reads, letters, question, reconciliation(reads, letters.pixels, question).parts)


def send(admin: Admin, question: OrderScope, terms: ResendTerms) -> MissingPreview:
    """Order a running gateway to send what the preview names; raises Conflict where there is nothing."""
    with changing(admin) as audit:
        found = previewed(admin, question, terms)
        if not found.conversions:
            raise Conflict("Nothing that is missing can be sent again. `twinbeam orders send-missing` says why.")
        by_workspace: defaultdict[str, list[int]] = defaultdict(list)
        for letter in letter_judge(admin, terms).found.letters(found.conversions, terms.never_taken):
            by_workspace[letter.workspace].append(letter.id)
        for workspace, ids in sorted(by_workspace.items()):
            asked = LetterFilter(workspace, ids=tuple(ids))
            admin.store.resends.add(Resend(0, asked, admin.actor.name, audit.at_ms, count=len(ids), upto=max(ids)))
        place = "/".join(question.pixel) if question.pixel else question.days.workspace or "of all workspaces"
        by_rules = f", {found.anew} of them with the pixel's rules of today" if found.anew else ""
        audit.tell(f"orders {place}", "missing", f"{len(found.conversions)} sent again, {found.worth}{by_rules}")
    return found


def _preview(letters: LetterJudge, lines: Sequence[Line], missing: Counter[str]) -> MissingPreview:
    found = letters.judged([line.conversion or 0 for line in lines])
    judged = {it.letter.id: it.stays for it in found}
    anew = sum(it.stays is None and goes_anew(it.letter) for it in found)
    sent: list[int] = []
    values: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        id_ = line.conversion or 0
        reason = judged.get(id_, Reason.PAYLOAD_LOST)
        missing[line.reason] -= 1
        if reason is not None:
            missing[reason] += 1
            continue
        sent.append(id_)
        values[line.order.currency] += line.order.value_minor or 0
    kept_back = {reason: n for reason, n in missing.most_common() if n > 0}
    return MissingPreview(sent, dict(sorted(values.items())), kept_back, anew)


def _is_refused(line: Line) -> bool:
    refused = line.result is Result.MISSING and line.reason == Reason.REFUSED_BY_TIKTOK
    return refused and line.conversion is not None
