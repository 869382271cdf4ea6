"""
The checklist before money is spent: it runs itself, and each check says what was seen and what to mend. Pure.

A check that cannot be made from what is reported says where a person has to look.
"""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from twinbeam.admin.launch.facts import DAYS, LaunchFacts, is_pair
from twinbeam.admin.workspaces import meant_for
from twinbeam.core.clock import MS_PER_SECOND
from twinbeam.core.events_api import ApiState
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.story import Story
from twinbeam.core.values import Side

LATE_SECONDS = 300  #: TikTok merges copies for 5 minutes (tiktok.md 7.1)
ACCURATE = 0.9  #: of the orders all has to be as it was decided
_LATE_SHARE = 0.1  #: of all: a webhook may come late now and then
_MEETING = 5  #: conversions of each side alone that are too many for chance


class Passed(StrEnum):
    """How a check ends."""

    OK = "ok"
    NOT_YET = "not yet"
    FAILED = "failed"
    BY_HAND = "by hand"  #: no interface tells it: a person has to look


class LaunchCheck(Struct, frozen=True):
    """One line of the list."""

    key: str
    title: str
    passed: Passed
    evidence: str
    count: int = 0  #: of what the evidence speaks of
    mend: str = ""


Check = Callable[[LaunchFacts], LaunchCheck]


def launch_checks(facts: LaunchFacts) -> list[LaunchCheck]:
    """Return the whole list, in the order in which it is mended best."""
    return [check(facts) for check in _CHECKS]


def ready(checks: list[LaunchCheck]) -> bool:
    """Return whether nothing failed and nothing is awaited but orders; what a person has to look at is told apart."""
    awaited = ("reconciles", Passed.NOT_YET)
    return all(it.passed in (Passed.OK, Passed.BY_HAND) or (it.key, it.passed) == awaited for it in checks)


def _token(facts: LaunchFacts) -> LaunchCheck:
    key, title = "token", "Events API works"
    if not facts.row.rules.expects("server"):
        return LaunchCheck(key, title, Passed.OK, "Not needed: all events are left to TikTok's script (way=browser).")
    match facts.api.state:
        case ApiState.NOT_CONFIGURED:
            return LaunchCheck(key, title, Passed.NOT_YET, facts.api.sentence, mend=facts.api.advice)
        case ApiState.FAILING:
            told = f"{facts.api.sentence} {facts.api.answer}.".strip()
            return LaunchCheck(key, title, Passed.FAILED, told, mend=facts.api.advice)
        case ApiState.CONFIGURED:
            passed = Passed.OK if facts.api.proven else Passed.NOT_YET
            return LaunchCheck(key, title, passed, facts.api.sentence, mend=facts.api.advice)


def _allowed(facts: LaunchFacts) -> LaunchCheck:
    key, title = "allowed", "TikTok's script loads only when allowed"
    early = facts.found(Finding.NATIVE_BEFORE_CONSENT)
    if early:
        told = f"Pages on which the script ran before the visitor's consent: {early:,} in {DAYS} days."
        mend = "Put the tag's snippet before TikTok's base code, and take the base code out of your tag manager."
        return LaunchCheck(key, title, Passed.FAILED, told, early, mend)
    if Side.BROWSER not in facts.seen:
        if not facts.row.rules.expects("browser"):
            return LaunchCheck(key, title, Passed.OK, "No browser reports, so no page loads it by this pixel's rule.")
        return LaunchCheck(key, title, Passed.NOT_YET, "No page has reported yet.", mend=_OPEN_A_PAGE)
    return LaunchCheck(key, title, Passed.OK, f"No page reported the script before consent in {DAYS} days.")


def _page_views(facts: LaunchFacts) -> LaunchCheck:
    key, title, views = "page_views", "Page view on all pages", facts.recorded("Pageview")
    late, twice = facts.found(Finding.BASE_CODE_NOT_IN_HEAD), facts.found(Finding.BASE_CODE_TWICE)
    if late or twice:
        told = f"Base code outside the head: {late:,}; twice on one page: {twice:,}."
        return LaunchCheck(
            key, title, Passed.FAILED, told, late + twice, "Keep one base code, in the head of every page."
        )
    if views:
        return LaunchCheck(key, title, Passed.OK, f"Page views that reached Twinbeam: {views:,} in {DAYS} days.", views)
    if Side.BROWSER in facts.seen and facts.row.rules.way_of("Pageview") != "server":
        told = "TikTok's script sends page views itself, and none had to be helped out."
        mend = "Open three kinds of pages with TikTok's Pixel Helper: each must show Pageview once."
        return LaunchCheck(key, title, Passed.BY_HAND, told, mend=mend)
    return LaunchCheck(key, title, Passed.NOT_YET, "No page view has come yet.", mend=_OPEN_A_PAGE)


def _moment(facts: LaunchFacts) -> LaunchCheck:
    key, title, stories = "moment", "Events at the right moment", facts.named(*_KEY_EVENTS)
    unreal = facts.count(State.EXPIRED, Reason.NEVER_CONFIRMED)
    void = facts.found(Finding.GATE_VOID)
    late = [story for story in stories if story.received_ms / MS_PER_SECOND - story.event_time > LATE_SECONDS]
    if unreal or void:
        told = f"Purchases on pages that no server confirmed: {unreal:,}; before they counted: {void:,}."
        mend = (
            "Report a purchase on the thank-you page only, with the order's id, and put the tag before the base code."
        )
        return LaunchCheck(key, title, Passed.FAILED, told, unreal + void, mend)
    if stories and len(late) > len(stories) * _LATE_SHARE:
        told = f"Events that came more than 5 minutes after they happened: {len(late):,} of {len(stories):,}."
        mend = "Send each event when it happens; TikTok joins copies for 5 minutes only."
        return LaunchCheck(key, title, Passed.FAILED, told, len(late), mend)
    if not stories:
        return LaunchCheck(key, title, Passed.NOT_YET, "No purchase, lead or cart event has come yet.", mend=_TRY_ONE)
    told = f"Of {len(stories):,} events {len(late):,} came late, and no purchase stayed unconfirmed."
    return LaunchCheck(key, title, Passed.OK, told, len(stories))


def _value(facts: LaunchFacts) -> LaunchCheck:
    key, title, bought = "value", "Value and currency present", facts.named("Purchase")
    if not bought:
        return LaunchCheck(key, title, Passed.NOT_YET, "No purchase has come yet.", mend=_TRY_ONE)
    without = [story for story in bought if not story.value_minor or not story.currency]
    if without:
        told = f"Purchases without a value or a currency, or worth 0: {len(without):,} of {len(bought):,}."
        return LaunchCheck(key, title, Passed.FAILED, told, len(without), "Send value as a number and currency as EUR.")
    return LaunchCheck(key, title, Passed.OK, f"All of {len(bought):,} purchases have both.", len(bought))


def _id(facts: LaunchFacts) -> LaunchCheck:
    key, title, stories = "id", "Event id present", facts.named("Purchase", "Lead", "CompleteRegistration")
    if not stories:
        return LaunchCheck(key, title, Passed.NOT_YET, "No purchase and no lead has come yet.", mend=_TRY_ONE)
    without = [story for story in stories if not story.event_id or (story.event == "Purchase" and not _is_named(story))]
    if without:
        told = f"Events without an order id, so that copies cannot meet: {len(without):,} of {len(stories):,}."
        return LaunchCheck(key, title, Passed.FAILED, told, len(without), "Send order_id from the page and the server.")
    return LaunchCheck(key, title, Passed.OK, f"All of {len(stories):,} events have an id.", len(stories))


def _counted_once(facts: LaunchFacts) -> LaunchCheck:
    key, title = "once", "Counted once"
    doubled = facts.found(Finding.SENT_TWICE, Finding.ID_MISMATCH)
    if doubled:
        told = f"Orders whose copies came under two ids: {doubled:,} in {DAYS} days."
        return LaunchCheck(key, title, Passed.FAILED, told, doubled, "Give page and server one id: send the order id.")
    if facts.row.rules.way != "both":
        only = "TikTok's script" if facts.row.rules.way == "browser" else "Twinbeam"
        return LaunchCheck(key, title, Passed.OK, f"Only {only} reports (way={facts.row.rules.way}).")
    pairs = [story for story in facts.sample if is_pair(story)]
    if pairs:
        return LaunchCheck(
            key, title, Passed.OK, f"Conversions of two copies under one id: {len(pairs):,}.", len(pairs)
        )
    alone = {side: _alone(facts, side) for side in Side}
    if min(alone.values()) >= _MEETING:
        told = f"The sides never meet: {alone[Side.BROWSER]:,} purchases from the browser alone, "
        told += f"{alone[Side.SERVER]:,} from the server alone."
        return LaunchCheck(
            key, title, Passed.FAILED, told, sum(alone.values()), "Send the same order_id from both sides."
        )
    return LaunchCheck(key, title, Passed.NOT_YET, "No conversion has come from both sides yet.", mend=_TRY_ONE)


def _tests_out(facts: LaunchFacts) -> LaunchCheck:
    key, title = "tests", "Test data kept out"
    kept = facts.dropped(Reason.TEST_ORDER) + facts.dropped(Reason.FOREIGN_HOST)
    if not facts.hosts and facts.row.event_source == "web":
        command = f"twinbeam pixels set {facts.row.code} hosts=shop.example{meant_for(facts.row.workspace)}"
        told = "Any page may report to this pixel, a copy of the shop for tests as well."
        return LaunchCheck(key, title, Passed.FAILED, told, mend=f"Name your shop's hosts: {command}")
    if facts.row.rules.test_code_at(facts.now_ms):
        mend = f"When you have finished: twinbeam pixels test {facts.row.code} --off{meant_for(facts.row.workspace)}"
        return LaunchCheck(key, title, Passed.NOT_YET, "The test code is still on.", kept, mend)
    return LaunchCheck(
        key, title, Passed.OK, f"Tests and events of foreign hosts kept out in {DAYS} days: {kept:,}.", kept
    )


def _reconciles(facts: LaunchFacts) -> LaunchCheck:
    key, title, orders = "reconciles", "Reconciles with orders", facts.orders
    if orders.accuracy is None:
        told = "Compared with your orders once orders are imported, or a shop is connected."
        return LaunchCheck(key, title, Passed.NOT_YET, told, mend="Connect a shop: twinbeam sources --help")
    told = (
        f"Of {orders.orders:,} orders in {DAYS} days TikTok accepted {orders.accepted:,}, "
        f"{orders.n_ignored:,} are deliberately not sent, {orders.n_missing:,} are missing."
    )
    if orders.accuracy >= ACCURATE:
        return LaunchCheck(key, title, Passed.OK, told, orders.orders)
    mend = f"Look at the reasons: twinbeam orders reconcile --missing{meant_for(facts.row.workspace)}"
    return LaunchCheck(key, title, Passed.FAILED, told, orders.n_missing, mend)


def _diagnostics(facts: LaunchFacts) -> LaunchCheck:
    told = "TikTok has no interface for its diagnostics, so they cannot be read here."
    mend = f"Look there by hand: Events Manager, {facts.row.code}, Diagnostics. No critical issue may be open."
    return LaunchCheck("diagnostics", "No critical diagnostics", Passed.BY_HAND, told, mend=mend)


def _alone(facts: LaunchFacts, side: Side) -> int:
    """Return how many purchases one side reported alone."""
    alone = [story for story in facts.named("Purchase") if not is_pair(story)]
    return sum(("browser" in story.channels) is (side is Side.BROWSER) for story in alone)


def _is_named(story: Story) -> bool:
    return bool(story.order_id)


_KEY_EVENTS = ("Purchase", "Lead", "CompleteRegistration", "InitiateCheckout", "AddToCart")
_OPEN_A_PAGE = "Open a page of the shop, and answer its consent banner."
_TRY_ONE = "Place a test order in the shop."

_CHECKS: tuple[Check, ...] = (
    _token,
    _allowed,
    _page_views,
    _moment,
    _value,
    _id,
    _counted_once,
    _tests_out,
    _reconciles,
    _diagnostics,
)
