"""
Access tokens are tried before they are kept: TikTok's word on one, what it means, and whether the token is saved.

What is asked of TikTok, and how its codes are read, is the trial's business; the decisions are here. A token that works
is not replaced by one that TikTok refuses, unless whoever saves it insists (docs/decisions/0027-token-trial.md).
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from msgspec import Struct

from twinbeam.admin import testing, tokens
from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin, Administration
from twinbeam.admin.pixels import known
from twinbeam.admin.token_record import TokenCheck, TokenVerdict
from twinbeam.core.story import LastAnswer, PixelRow

T = TypeVar("T")


class TrialOf(Struct, frozen=True):
    """Where a token is to be used."""

    workspace: str
    code: str
    event_source: str
    test_code: str = ""  #: the pixel's test code while it is on


class Tried(Struct, frozen=True):
    """TikTok's word on a token; never the token."""

    verdict: TokenVerdict
    code: int | None = None
    message: str = ""
    request_id: str = ""

    @property
    def proven(self) -> bool:
        """Return whether an event of this pixel was taken with it."""
        return self.verdict is TokenVerdict.GOOD


class TokenTrial(Protocol):
    """Somebody who asks TikTok; nothing that it asks counts as an event."""

    async def __call__(self, of: TrialOf, token: str, /) -> Tried:
        """Return what TikTok says of a token; raises nothing."""
        ...


class OnStore(Protocol):
    """Runs a call of the store on the store's own thread."""

    async def __call__(self, fn: Callable[[], T], /) -> T:
        """Return what the call returns, and raise what it raises."""
        ...


class TokenSaved(Struct, frozen=True):
    """What became of a token that somebody saved."""

    saved: bool  #: False: the one that is there stays, because it works as far as anybody knows
    check: TokenCheck  #: TikTok's word on the new one, saved or not

    @property
    def refusal(self) -> str:
        """Why the new token is not saved, in words."""
        verdict = self.check.verdict
        return (
            f"The token is not saved. {verdict.sentence} TikTok says: {self.check.answer}. "
            f"The saved one stays, because it works as far as we know. {verdict.advice}"
        )


async def try_and_save(  # noqa: PLR0913 -- what a form or a command says of a token
    admin: Admin,
    on_store: OnStore,
    trial: TokenTrial,
    place: tuple[str, str],
    token: str,
    *,
    force: bool = False,
    test_code: str = "",
) -> TokenSaved:
    """
    Have a token tried, then keep it or not; raises AdminError. The store is not held up while TikTok is asked.

    It is tried with `test_code`, or the pixel's own. A code that is named is turned on for the pixel only where TikTok
    does not refuse the token: with a refused one no test event would arrive.
    """
    if test_code:
        testing.check_code(test_code)
    of = await on_store(lambda: asked(admin, *place, token, test_code=test_code))
    tried = await trial(of, token)
    outcome = await on_store(lambda: keep(admin, place, token, tried, force=force))
    if test_code and not tried.verdict.refused:
        await on_store(lambda: testing.turn_on(admin, *place, test_code))
    return outcome


def asked(admin: Admin, workspace: str, code: str, token: str, *, test_code: str = "") -> TrialOf:
    """Return what a trial has to know; raises AdminError for a text that is no token, and for an unknown pixel."""
    row = known(admin, workspace, code)
    tokens.check(token)
    return TrialOf(workspace, code, row.event_source, test_code or row.rules.test_code_at(admin.clock.now_ms()))


def keep(admin: Admin, place: tuple[str, str], token: str, tried: Tried, *, force: bool = False) -> TokenSaved:
    """
    Save a token that was tried together with TikTok's word on it, or leave the one that works.

    Two that are saved at once are decided one after the other: token and word always belong together.
    """
    with changing(admin) as audit:
        row, before = known(admin, *place), admin.store.token_checks.find(*place)
        check = judged(place, tried, before, audit.at_ms)
        if tried.verdict.refused and _may_work(row, before) and not force:
            return TokenSaved(saved=False, check=check)
        tokens.put(admin, row, token, audit)
        admin.store.token_checks.save(check)
    return TokenSaved(saved=True, check=check)


def judged(place: tuple[str, str], tried: Tried, before: TokenCheck | None, at_ms: int) -> TokenCheck:
    """Return what is written down of a trial; a failure goes on from where it began, whatever the token."""
    since_ms = None
    if tried.verdict.refused:
        since_ms = at_ms if before is None or before.failing_since_ms is None else before.failing_since_ms
    return TokenCheck(
        *place,
        at_ms=at_ms,
        verdict=tried.verdict,
        code=tried.code,
        message=tried.message,
        request_id=tried.request_id,
        proven=tried.proven,
        failing_since_ms=since_ms,
    )


def learn(store: Administration, answers: Iterable[LastAnswer], verdict_of: Callable[[int], TokenVerdict]) -> int:
    """
    Take in what TikTok answered to deliveries, and return about how many tokens that told something new.

    A delivery proves more than any trial. Only what changes is written.
    """
    rows = {(row.workspace, row.code): row for row in store.pixels() if row.token_from}
    checks = {(check.workspace, check.pixel): check for check in store.token_checks.all()}
    learned = []
    for answer in answers:
        place = (answer.workspace, answer.pixel)
        row, before, verdict = rows.get(place), checks.get(place), verdict_of(answer.code)
        if row is None or not _tells(answer, row, before, verdict):
            continue
        tried = Tried(verdict, answer.code, answer.message)
        learned.append((row, judged(place, tried, before, answer.at_ms)))
    for row, check in learned:
        _save_unless_replaced(store, row, check)
    return len(learned)


def _save_unless_replaced(store: Administration, row: PixelRow, check: TokenCheck) -> None:
    with store.transaction():
        now = {(it.workspace, it.code): it.token_ms for it in store.pixels()}
        if now.get((row.workspace, row.code)) == row.token_ms:
            store.token_checks.save(check)


def _tells(answer: LastAnswer, row: PixelRow, before: TokenCheck | None, verdict: TokenVerdict) -> bool:
    """Return whether an answer is about the token that is there, and says something new of it."""
    if answer.at_ms < (row.token_ms or 0) or (before is not None and answer.at_ms <= before.at_ms):
        return False
    if verdict is TokenVerdict.GOOD:
        return before is None or before.verdict is not verdict
    return verdict.refused and (before is None or before.failing_since_ms is None or before.code != answer.code)


def _may_work(row: PixelRow, check: TokenCheck | None) -> bool:
    return row.has_token and (check is None or check.failing_since_ms is None)
