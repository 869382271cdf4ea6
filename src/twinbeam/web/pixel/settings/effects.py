"""What a change of a rule would have meant for the last 7 days, as far as counters tell it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.pixel_counts import ConsentWord, Decided, PixelCount, parted
from twinbeam.core.story import Count
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.pipeline.record.sums import Sums

_ORDERS = frozenset({"Purchase", "PlaceAnOrder"})


class LastWeek(Struct, frozen=True):
    """What counters say of the last 7 UTC days."""

    sums: Sums
    orders: int  #: purchases and the like, in whatever state
    said: Mapping[tuple[str, str], int]  #: copies by what they said and what was decided

    def copies(self, said: str, decided: str) -> int:
        """Return how many copies said something, and were judged in a way."""
        return self.said.get((said, decided), 0)


def last_week(sums: Sums, counts: Iterable[Count], said: Iterable[PixelCount]) -> LastWeek:
    """Add up what effects are told by."""
    states = frozenset(State) - {State.DROPPED}
    orders = sum(it.n for it in counts if it.event in _ORDERS and it.outcome in states)
    words: dict[tuple[str, str], int] = {}
    for it in said:
        _, _, word, decided = parted(it.name)
        words[word, decided] = words.get((word, decided), 0) + it.n
    return LastWeek(sums, orders, words)


def effects(changed: Sequence[tuple[str, str, str]], week: LastWeek) -> list[str]:
    """Return a sentence for each rule that would change."""
    return [_effect(name, week) for name, _, _ in changed]


def _effect(name: str, week: LastWeek) -> str:
    rule = next((rule for rule in _TOLD if name == rule or name.startswith(f"{rule}.")), "")
    sentence, n = (_TOLD[rule][0], _TOLD[rule][1](week)) if rule else (_ANY, week.sums.conversions)
    return sentence.format(n=n)


def _delivered(week: LastWeek) -> int:
    return week.sums.delivered


_ANY = "Conversions of the last 7 days that it would have been asked about: {n:,}."
_OF_ORDERS = "Purchases of the last 7 days that it would have been asked about: {n:,}."
_TOLD: Mapping[str, tuple[str, Callable[[LastWeek], int]]] = {
    "consent.policy": (
        "Copies of the last 7 days that said nothing of consent and were allowed all the same: {n:,}.",
        lambda week: week.copies(ConsentWord.NOTHING, Decided.ALLOWED),
    ),
    "consent.regions": (
        "Copies of the last 7 days that said nothing of consent: {n:,}.",
        lambda week: sum(week.copies(ConsentWord.NOTHING, decided) for decided in Decided),
    ),
    "consent.user_data_denied": (
        "Copies of the last 7 days that said denied: {n:,}.",
        lambda week: sum(week.copies(ConsentWord.DENIED, decided) for decided in Decided),
    ),
    "consent.personalization_denied": (_ANY, lambda week: week.sums.conversions),
    "consent.opted_out": (
        "Copies of the last 7 days that said opted out: {n:,}.",
        lambda week: sum(week.copies(ConsentWord.OPTED_OUT, decided) for decided in Decided),
    ),
    "confirm_purchases": (
        "Purchases of the last 7 days that waited for a server, and wait still or ended unsent: {n:,}.",
        lambda week: (
            week.sums.reason(State.HELD, Reason.NOT_CONFIRMED) + week.sums.reason(State.EXPIRED, Reason.NEVER_CONFIRMED)
        ),
    ),
    "way": (
        "Conversions of the last 7 days that TikTok accepted from this gateway: {n:,}.",
        _delivered,
    ),
    "ways": (
        "Conversions of the last 7 days that TikTok accepted from this gateway: {n:,}.",
        _delivered,
    ),
    "spelling": (
        "Conversions of the last 7 days whose name browser and server spelled differently: {n:,}.",
        lambda week: week.sums.reason(FINDING, Finding.NAME_DIFFERS),
    ),
    "bots": (
        "Events of known crawlers within the last 7 days: {n:,}.",
        lambda week: week.sums.reason(Outcome.DROPPED, Reason.BOT),
    ),
    "hosts": (
        "Events of the last 7 days that came from a page that is not on the hosts of today: {n:,}.",
        lambda week: week.sums.reason(Outcome.DROPPED, Reason.FOREIGN_HOST),
    ),
    "environment": (
        "Conversions of the last 7 days; on staging none of them but tests is sent: {n:,}.",
        lambda week: week.sums.conversions,
    ),
    "test_emails": (
        "Tests of the last 7 days that were dropped, since test mode was off: {n:,}.",
        lambda week: week.sums.reason(Outcome.DROPPED, Reason.TEST_ORDER),
    ),
    **dict.fromkeys(
        ("requests_per_second", "requests_per_minute", "requests_per_day"),
        ("Conversions of the last 7 days that TikTok accepted; one request carries up to 1,000: {n:,}.", _delivered),
    ),
    **dict.fromkeys(
        ("purchase_means", "purchase_expires_days", "value", "value_without", "cost_unknown", "place_an_order"),
        (_OF_ORDERS, lambda week: week.orders),
    ),
}
