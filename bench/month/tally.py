"""What came of a month in each set-up, beside the truth, as values that can be written down."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from month.shoppers import Browser, Shopper, Webhook
from month.tiktok import TikTok
from tiktok_emulator.ledger import Counted

#: By what TikTok may match a purchase in this simulation; an address and a browser's name alone are not counted.
CLICK_KEYS, PERSON_KEYS = frozenset({"ttclid", "ttp"}), frozenset({"email", "phone"})
NOTHING_LOST = ""


class Sum(Struct):
    """How many purchases, and what they came to in euro cents."""

    n: int = 0
    cents: int = 0

    def add(self, buyer: Shopper) -> None:
        """Count a purchase."""
        self.n += 1
        self.cents += round(buyer.euros * 100)


def summed(buyers: Iterable[Shopper]) -> Sum:
    """Sum up purchases."""
    found = Sum()
    for buyer in buyers:
        found.add(buyer)
    return found


class SetUp(Struct):
    """What TikTok counts of a month in one set-up."""

    name: str
    counted: Sum  #: of the consented conversions, each once
    with_key: Sum  #: of them, those that TikTok may match with a person or a click
    doubles: Sum  #: counted again
    without_consent: Sum
    value_error: float  #: how far the counted value is off, of what the counted conversions came to
    lost: dict[str, Sum]  #: consented conversions that are not counted, by cause


class AtTheDoor(Struct):
    """What reached a gateway of a month, and what it made of it."""

    reached: int  #: consented conversions
    counted: int
    unexplained: int
    off: float  #: how far the values are off that the gateway sent, of what these purchases came to
    refused: int  #: answers of its doors that are no 2xx
    faults: int  #: that TikTok's side found in what it got
    trouble: int  #: what a person would have been told of


class Month(Struct):
    """The whole result: the truth, the set-ups, and what the gateway adds to them."""

    seed: int
    conversions: int
    consented: Sum
    shares: dict[str, float]
    set_ups: list[SetUp]
    recovered: dict[str, Sum]  #: counted through the gateway and not by the script alone, by what stood in its way
    keys_recovered: Sum  #: what the server alone reports without a key, and the gateway with one
    doors: dict[str, AtTheDoor]  #: by set-up with a gateway


Cause = Callable[[Shopper], str]
"""Name why a consented conversion did not reach TikTok."""


def set_up(name: str, buyers: Sequence[Shopper], tiktok: TikTok, cause: Cause) -> SetUp:
    """Compare what TikTok counts with the truth."""
    found = tiktok.purchases()
    made = SetUp(name, Sum(), Sum(), Sum(), Sum(), 0.0, {})
    off = 0.0
    for buyer in buyers:
        counted = found.get(buyer.order_id, [])
        if not buyer.permitted:
            _count_forbidden(made, buyer, counted)
        elif not counted:
            made.lost.setdefault(cause(buyer), Sum()).add(buyer)
        else:
            made.counted.add(buyer)
            for _ in counted[1:]:
                made.doubles.add(buyer)
            if has_key(buyer, counted):
                made.with_key.add(buyer)
            off += abs(sum(_minor(buyer, it.value) for it in counted) - buyer.minor) / buyer.minor * buyer.euros
    made.value_error = _rounded(100 * off / made.counted.cents if made.counted.cents else 0.0)
    return made


def _count_forbidden(made: SetUp, buyer: Shopper, counted: Sequence[Counted]) -> None:
    if counted:
        made.without_consent.add(buyer)


def has_key(buyer: Shopper, counted: Sequence[Counted]) -> bool:
    """Return whether TikTok may match a purchase: e-mail and phone count for nothing where tracking was refused."""
    usable = CLICK_KEYS if buyer.att_refused else CLICK_KEYS | PERSON_KEYS
    return any(it.user_keys & usable for it in counted)


def off_in_sent(buyers: Sequence[Shopper], tiktok: TikTok) -> float:
    """Return how far the values are off that the gateway itself sent, of what these purchases came to."""
    found, off, total = tiktok.purchases(), 0.0, 0.0
    for buyer in buyers:
        for counted in found.get(buyer.order_id, []):
            for copy in counted.copies:
                if copy.channel.value == "server":
                    value = (copy.body().get("properties") or {}).get("value")
                    off += abs(_minor(buyer, value) - buyer.minor) / buyer.minor * buyer.euros
                    total += buyer.euros
    return _rounded(off / total if total else 0.0)


def _minor(buyer: Shopper, value: object) -> int:
    """Return an amount in the currency's minor unit; what is no amount is nothing."""
    return round(float(value) * 10**buyer.decimals) if isinstance(value, int | float) else 0


def why_no_script(buyer: Shopper) -> str:
    """Say what kept TikTok's script from reporting."""
    return buyer.browser.value


def why_no_server(buyer: Shopper) -> str:
    """Say what kept the shop's server from reporting."""
    return f"webhook {buyer.webhook.value}"


def why_neither(buyer: Shopper) -> str:
    """Say what kept both from reporting."""
    return f"{why_no_server(buyer)}, and {why_no_script(buyer)}"


def recovered(buyers: Sequence[Shopper], alone: TikTok, together: TikTok) -> dict[str, Sum]:
    """Sum up what counts through the gateway and not by TikTok's script alone, by what stood in its way."""
    before, after = alone.purchases(), together.purchases()
    causes: dict[str, Sum] = {}
    for buyer in buyers:
        if buyer.permitted and buyer.order_id in after and buyer.order_id not in before:
            causes.setdefault(why_no_script(buyer), Sum()).add(buyer)
    return dict(sorted(causes.items(), key=lambda it: -it[1].n))


def keys_recovered(buyers: Sequence[Shopper], alone: TikTok, together: TikTok) -> Sum:
    """Sum up what the server alone reports without a key that TikTok may use, and the gateway with one."""
    before, after, found = alone.purchases(), together.purchases(), Sum()
    for buyer in buyers:
        pair = before.get(buyer.order_id), after.get(buyer.order_id)
        if buyer.permitted and pair[0] and pair[1] and not has_key(buyer, pair[0]) and has_key(buyer, pair[1]):
            found.add(buyer)
    return found


def shares(buyers: Sequence[Shopper], eu: Mapping[str, bool]) -> dict[str, float]:
    """Return the drawn shares, under the names of the assumed ranges in their order."""
    blockers = [it for it in buyers if it.browser in (Browser.STOPS_SCRIPT, Browser.STOPS_ALL)]
    asked = [it for it in buyers if eu[it.country] and it.browser is not Browser.STOPS_ALL]
    iphones = [it for it in buyers if it.platform.value == "iOS"]
    return {
        "blockers": _part(blockers, buyers),
        "stop all": _part([it for it in blockers if it.browser is Browser.STOPS_ALL], blockers),
        "private": _part([it for it in buyers if it.browser is Browser.PRIVATE], buyers),
        "tracking refused": _part([it for it in iphones if it.att_refused], iphones),
        "consent refused": _part([it for it in asked if it.answer is False], asked),
        "failed": _part([it for it in buyers if it.browser in (Browser.PAGE_LOST, Browser.SCRIPT_FAILED)], buyers),
        "webhooks": _part([it for it in buyers if it.webhook is not Webhook.ON_TIME], buyers),
        "page value": _part([it for it in buyers if it.page_minor != it.minor], buyers),
    }


def _part(some: Sequence[Shopper], of: Sequence[Shopper]) -> float:
    return _rounded(len(some) / len(of) if of else 0.0)


def _rounded(part: float) -> float:
    return round(part, 6)
