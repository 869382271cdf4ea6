"""
What the law of copies (docs/concepts/copies.md) says of one order's history, read apart from the gateway's code.

An order counts once. Where it counted twice, the second was avoidable if copies that were known when it was first tried
tie its id to one that had left (`order_knowledge.py`), or if it bears an id that the page's script has not sent beside
one that it had. It was not where nothing tied the two, where the script reported it after us, or where a refusal came
between.
"""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from adversary import HOUR_MS
from order_histories import Order
from order_knowledge import Group, Knowledge
from troubled import Reached, Seen
from world import PIXEL

WINDOW_MS = 48 * HOUR_MS  #: TikTok takes an id for a repeat for so long
EVERYTHING = 1 << 62  #: a moment behind all others


class Verdict(Struct):
    """What is wrong with what became of an order."""

    counted: list[Reached] = []
    avoidable: list[str] = []
    unavoidable: list[str] = []
    is_lost: bool = False
    money: list[str] = []
    is_silent: bool = False  #: both had left, and nothing says so


def counted(reached: Sequence[Reached]) -> list[Reached]:
    """Give what TikTok counts: of events under one id the first in 48 hours (tiktok.md 7.1)."""
    last: dict[str, int] = {}
    found = []
    for event in sorted(reached, key=lambda each: (each.at_ms, each.moment)):
        if event.at_ms - last.get(event.event_id, -WINDOW_MS) >= WINDOW_MS:
            last[event.event_id] = event.at_ms
            found.append(event)
    return found


class Judge:
    """Judges one order."""

    def __init__(
        self, order: Order, seen: Sequence[Seen], reached: Sequence[Reached], *, found: Collection[str]
    ) -> None:
        self._order = order
        self._seen = seen
        self._counted = sorted(counted(reached), key=lambda event: event.first_tried)
        self._left = {event.event_id: event.first_tried for event in reversed(reached) if not event.by_script}
        self._found = found

    def verdict(self) -> Verdict:
        """Say what is wrong."""
        said = Verdict(counted=self._counted)
        for place, event in enumerate(self._counted):
            if not event.by_script and not self._is_refused():
                said.money += self._wrong_money(event)
            if place:
                why, is_avoidable = self._double(event, self._counted[:place])
                (said.avoidable if is_avoidable else said.unavoidable).append(why)
        said.is_lost = not self._counted and self._must_count()
        said.is_silent = self._both_left() and "sent_twice" not in self._found
        return said

    def _known(self, moment: int) -> Knowledge:
        return Knowledge(self._order, [one for one in self._seen if one.known_from < moment], self._left)

    def _double(self, event: Reached, earlier: Sequence[Reached]) -> tuple[str, bool]:
        """Tell why an order counted again, and whether that could have been avoided."""
        if event.by_script:
            return "the page's script reported it after us", False
        if self._is_refused():
            return "its visitor refused in between", False
        known = self._known(event.first_tried)
        group = known.group_of(event.event_id, later=True)
        if group is None:
            return "sent under an id that no copy bears", True
        if any(each.event_id == event.event_id for each in earlier):
            is_known = any(not each.by_script for each in earlier) or group.was_told_sent(event.event_id)
            return "sent again after 48 hours", is_known
        return self._tied(event, earlier, known, group)

    def _tied(self, event: Reached, earlier: Sequence[Reached], known: Knowledge, group: Group) -> tuple[str, bool]:
        for each in earlier:
            ties = known.group_of(each.event_id) is group
            if ties and (not each.by_script or group.was_told_sent(each.event_id)):
                return f"{event.event_id} was known to be {each.event_id}", True
            if ties and group.may_have_fired(each.event_id) and not group.may_have_fired(event.event_id):
                return f"{each.event_id} may have fired, {event.event_id} had not", True
        return "nothing tied the two", False

    def _must_count(self) -> bool:
        """Tell whether somebody permitted it, nobody refused it, and a purchase is confirmed where it has to be."""
        needs_server = self._order.event == "Purchase" and self._order.pixel == PIXEL
        groups = self._known(EVERYTHING).groups
        return not self._is_refused() and any(group.is_free(needs_server=needs_server) for group in groups)

    def _is_refused(self) -> bool:
        """Tell whether its visitor refused anything at any time; what leaves then is spec/permission.json's matter."""
        return any("denied" in one.copy.said.values() for one in self._seen)

    def _wrong_money(self, event: Reached) -> list[str]:
        known = self._known(event.first_tried)
        group = known.group_of(event.event_id, later=True)
        if group is None:
            return []
        order = self._order
        servers = [one for one in group.heard if not one.copy.is_page]
        believed = [*servers, *group.pages]
        if not group.is_strong and any("ad_storage" in one.copy.said for one in servers):
            believed = servers  # a page that only claims the order brings no money
        told = [one for one in believed if "value" in one.copy.body["properties"]]
        by_server = any(not one.copy.is_page for one in told)
        right = order.server_value if by_server else order.page_value if told else None
        said: Any = event.body.get("properties", {}).get("value")
        return [] if said == right else [f"{event.event_id}: {said} instead of {right}"]

    def _both_left(self) -> bool:
        """Tell whether two of ours had left that copies tied afterwards."""
        ours = [event for event in self._counted if not event.by_script]
        known = self._known(EVERYTHING)
        groups = [
            known.group_of(event.event_id, later=place > 0, before=event.first_tried)
            for place, event in enumerate(ours)
        ]
        return any(one is other for place, one in enumerate(groups) if one for other in groups[:place])
