"""
What the law of copies (docs/concepts/copies.md) says of one order's history, read apart from the gateway's code.

An order counts once. Where it counted twice, the second was avoidable if copies that were known when it left tie its id
to one that had left. Copies tie what they name: a server's all of it, a page's what its own visit reported and at most
one conversion that it only claims.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct

from adversary import HOUR_MS
from order_histories import Order
from troubled import Reached, Seen
from world import PIXEL

WINDOW_MS = 48 * HOUR_MS  #: TikTok takes an id for a repeat for so long
MARGIN_MS = 47 * HOUR_MS  #: after the page's own script may have reported it, nothing of ours leaves
HOLD_MS = 24 * HOUR_MS  #: what is held for longer ends in vain, and begins anew without its earlier copies
APART = re.compile(r".+-[0-9a-f]{8}")  #: the id of an order that a stranger had sent something under
TIES = ("visitor_id", "checkout_token", "order_token")
#: What one copy of these events proves for others: a checkout has one purchase, and may have several sign-ups.
ONE_A_CHECKOUT = frozenset({"Purchase"})


class Group(Struct):
    """Copies that are known to be one conversion."""

    names: set[str] = set()
    heard: list[Seen] = []  #: copies that are believed in what they say, as far as their visit is
    unheard: list[Seen] = []  #: pages' copies of another visit than the one that the server named later
    visits: set[int] = set()  #: those that its server named by a token, else those that its pages named
    is_vouched: bool = False  #: a server reported it before it left
    is_apart: bool = False  #: another visit's, by the word of the server, after it had left

    @property
    def ends_ms(self) -> int:
        """Until when it is held: counted from its first copy, and from the page's own script."""
        began_ms = min(seen.at_ms for seen in self.heard)
        fired = [one.fired_ms for one in (*self.heard, *self.unheard) if _may_have_sent(one)]
        return min([began_ms + HOLD_MS, *(at_ms + MARGIN_MS for at_ms in fired)])

    @property
    def pages(self) -> list[Seen]:
        """Pages' copies that are believed: where nobody names the visit, those of the only one that claims it."""
        pages = [seen for seen in self.heard if seen.copy.is_page and (seen.visit or "ad_storage" in seen.copy.said)]
        claimants = list(dict.fromkeys(seen.visit for seen in pages))
        if self.is_strong or len(claimants) < 2:
            return pages
        granted = [seen.visit for seen in pages if "ad_storage" in seen.copy.said]
        return [] if self.is_vouched else [seen for seen in pages if seen.visit == [*granted, *claimants][0]]

    def is_free(self, *, needs_server: bool) -> bool:
        """Tell whether it was permitted, and confirmed, before the page's own script had been too long ago."""
        granted = [seen.at_ms for seen in self.heard if "ad_storage" in seen.copy.said]
        servers = [seen.at_ms for seen in self.heard if not seen.copy.is_page]
        if not granted or (needs_server and not servers):
            return False
        ready_ms = max(min(granted), min(servers) if needs_server else 0)
        fired = [one.fired_ms for one in (*self.heard, *self.unheard) if _may_have_sent(one)]
        return all(ready_ms < at_ms + MARGIN_MS for at_ms in fired)

    def forget(self, copies: list[Seen]) -> None:
        """Believe copies in nothing any more; their ids still lead to it."""
        self.heard, self.unheard = [seen for seen in self.heard if seen not in copies], [*self.unheard, *copies]

    def is_named(self, event_id: str) -> bool:
        """Tell whether a server's copy of it has this id."""
        return any(seen.event_id == event_id for seen in self.heard if not seen.copy.is_page)

    def bears(self, event_id: str) -> bool:
        """Tell whether a copy of it has this id."""
        return any(seen.event_id == event_id for seen in (*self.heard, *self.unheard))

    @property
    def is_strong(self) -> bool:
        """Whether a server named its visit."""
        return any(not seen.copy.is_page and tokens_of(seen) for seen in self.heard)


class Verdict(Struct):
    """What is wrong with what became of an order."""

    counted: list[Reached] = []
    avoidable: list[str] = []
    unavoidable: list[str] = []
    is_lost: bool = False
    money: list[str] = []
    is_silent: bool = False  #: both had left, and nothing says so


def tokens_of(seen: Seen) -> list[str]:
    """Give the tokens of a visit that a copy bears."""
    return [f"{name} {seen.copy.body[name]}" for name in TIES if name in seen.copy.body]


def names_of(seen: Seen, event: str) -> set[str]:
    """Give every name under which a copy says its conversion is known."""
    body = seen.copy.body
    named = {f"id {seen.event_id}"}
    if "order_id" in body:
        named.add(f"id {body['order_id']}")
    if "order_token" in body:
        named.add(f"token {body['order_token']}")
    if "checkout_token" in body and event in ONE_A_CHECKOUT:
        named.add(f"checkout {body['checkout_token']}")
    return named


class Visits:
    """
    Which visit a token belongs to.

    A token that is new belongs to the visit of those beside it; visits that were known apart stay apart.
    """

    def __init__(self) -> None:
        self._visit_of: dict[str, int] = {}
        self._count = 0

    def named_by(self, seen: Seen) -> list[int]:
        """Give the visits that a copy names, its own first; a server's order is a token as well."""
        order = [] if seen.copy.is_page or "order_id" not in seen.copy.body else [f"order {seen.copy.body['order_id']}"]
        tokens = [*tokens_of(seen), *order]
        if not tokens:
            return []
        known = [self._visit_of[token] for token in tokens if token in self._visit_of]
        if not known:
            self._count += 1
        for token in tokens:
            self._visit_of.setdefault(token, (known or [self._count])[0])
        return list(dict.fromkeys([*known, *(self._visit_of[token] for token in tokens)]))


class Knowledge:
    """What the copies that were recorded before a moment tell together."""

    def __init__(self, order: Order, seen: Iterable[Seen], left: Mapping[str, int]) -> None:
        """
        Read all copies of a visitor in their order.

        `left` tells from which moment on an id of ours was on its way to TikTok.
        """
        self._order = order
        self._left = left
        self._visits = Visits()
        self._named: dict[int, set[int]] = {}
        self._apart: set[str] = set()
        self.groups: list[Group] = []
        for _, together in groupby(sorted(seen, key=lambda each: each.known_from), key=lambda each: each.known_from):
            copies = list(together)
            named = list(map(self._visits.named_by, copies))
            for one, visits in zip(copies, named, strict=True):
                one.visit = visits[0] if visits else 0
                self._named[id(one)] = set(visits)
            for one, visits in zip(copies, named, strict=True):
                is_its_own = any(one.copy is copy for copy in order.copies)
                if is_its_own and "denied" not in one.copy.said.values():  # a refusal ties nothing
                    self._hear(one, visits)

    def _hear(self, seen: Seen, visits: list[int]) -> None:
        names = names_of(seen, self._order.event)
        touched = [group for group in self.groups if group.names & names]
        for group in touched:
            if group.heard and not self._has_left(group, seen) and seen.at_ms >= group.ends_ms:
                group.forget(group.heard)  # what was held in vain
        if seen.copy.is_page:
            self._hear_page(seen, names, visits, touched)
        else:
            self._hear_server(seen, names, visits, touched)

    def _hear_page(self, seen: Seen, names: set[str], visits: list[int], touched: list[Group]) -> None:
        own = [group for group in touched if group.visits & set(visits)]
        others = [group for group in touched if not group.visits & set(visits) and not group.is_strong]
        if touched and not own and not others:
            return  # a stranger to what a server ties to another visit
        others.sort(key=lambda group: not group.is_vouched)
        may_take = all(not group.is_vouched and not self._has_left(group, seen) for group in own)
        claimed = others[:1] if not own or (may_take and others and others[0].is_vouched) else []
        group = self._tie([*own, *claimed], seen)
        group.heard.append(seen)
        group.names |= names.difference(*(each.names for each in self.groups))
        others_said = [one.copy.said for one in group.heard[:-1] if one.copy.is_page]
        permits = "ad_storage" in seen.copy.said and not any("ad_storage" in said for said in others_said)
        is_open = not group.is_vouched and not self._has_left(group, seen)
        if is_open and not own and permits:
            group.visits = set(visits)  # what goes out is its own copy
        elif is_open and (own or not others_said):
            group.visits |= set(visits)

    def _hear_server(self, seen: Seen, names: set[str], visits: list[int], touched: list[Group]) -> None:
        is_strong = bool(tokens_of(seen))
        strangers = [g for g in touched if is_strong and not g.is_vouched and not g.visits & set(visits)]
        for group in strangers:
            if self._has_left(group, seen):
                touched = [each for each in touched if each is not group]
                touched.append(self._yielded(group, names))
            else:
                group.forget([one for one in group.heard if not set(visits) & self._named[id(one)]])
                group.visits, group.names = set(), group.names & names
        if any(group.is_strong for group in touched):
            touched = [group for group in touched if not self._is_strangers(group, seen, visits)]
        group = self._tie(touched, seen)
        names_visit = is_strong or not group.is_vouched
        if names_visit and not self._has_left(group, seen):
            if not group.is_strong and (is_strong or not group.visits & set(visits)):
                group.visits = set()  # what only pages said, or the order alone
            group.visits |= set(visits)
            group.is_vouched = True
        group.heard.append(seen)
        group.names |= names
        if group.is_strong:
            group.forget([one for one in group.heard if one.copy.is_page and not group.visits & self._named[id(one)]])

    def _is_strangers(self, group: Group, seen: Seen, visits: list[int]) -> bool:
        """Tell whether a conversion is what another visit's page had sent."""
        return not group.is_vouched and not group.visits & set(visits) and self._has_left(group, seen)

    def _yielded(self, group: Group, names: set[str]) -> Group:
        """Take from what a stranger had sent its names, and what servers said of it later."""
        servers = [seen for seen in group.heard if not seen.copy.is_page]
        group.names -= names
        group.heard = [seen for seen in group.heard if seen.copy.is_page]
        group.is_apart = True
        self._apart |= {one.event_id for one in (*group.heard, *group.unheard)}
        return Group(names=names, unheard=servers)

    def _has_left(self, group: Group, seen: Seen) -> bool:
        """Tell whether a conversion had left when a copy came."""
        ids = {one.event_id for one in (*group.heard, *group.unheard)}
        ids -= set() if group.is_apart else self._apart
        return any(self._left.get(event_id, seen.known_from) < seen.known_from for event_id in ids)

    def _tie(self, groups: list[Group], seen: Seen) -> Group:
        """Make one of groups."""
        if len(groups) == 1 and any(groups[0] is each for each in self.groups):
            return groups[0]
        self.groups = [group for group in self.groups if all(group is not each for each in groups)]
        strong = [group for group in groups if group.is_strong or self._has_left(group, seen)]
        visits = set[int]().union(*(group.visits for group in strong or groups))
        heard = [seen for group in groups for seen in group.heard]
        is_strong = any(group.is_strong for group in groups)
        strangers = [seen for seen in heard if is_strong and seen.copy.is_page and not visits & self._named[id(seen)]]
        tied = Group(
            names=set[str]().union(*(group.names for group in groups)),
            heard=[seen for seen in heard if seen not in strangers],
            unheard=[*strangers, *(seen for group in groups for seen in group.unheard)],
            visits=visits,
            is_vouched=any(group.is_vouched for group in groups),
        )
        self.groups.append(tied)
        return tied

    def group_of(self, event_id: str, *, later: bool = False) -> Group | None:
        """
        Find the conversion that went out under an id: a copy's own, or one that only its visit's token gives.

        Of two, a stranger had sent the earlier one, and the later one is what the server vouches for.
        """
        found = [group for group in self.groups if group.bears(event_id)]
        if not found and APART.fullmatch(event_id):
            named = f"id {event_id[:-9]}"
            found = [group for group in self.groups if group.is_strong and named in group.names]
        by_name = {id(group): f"id {event_id}" not in group.names for group in found}
        if later:
            found.sort(key=lambda group: (not group.is_named(event_id), by_name[id(group)], not group.is_vouched))
        else:
            found.sort(key=lambda group: (group.is_vouched, by_name[id(group)]))
        return found[0] if found else None


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
        self._counted = counted(reached)
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
            is_known = any(not each.by_script for each in earlier) or _told_sent(group, event.event_id)
            return "sent again after 48 hours", is_known
        return self._tied(event, earlier, known, group)

    def _tied(self, event: Reached, earlier: Sequence[Reached], known: Knowledge, group: Group) -> tuple[str, bool]:
        for each in earlier:
            ties = known.group_of(each.event_id) is group
            if ties and (not each.by_script or _told_sent(group, each.event_id)):
                return f"{event.event_id} was known to be {each.event_id}", True
            if ties and _may_have_fired(group, each.event_id) and not _may_have_fired(group, event.event_id):
                return f"{each.event_id} may have fired, {event.event_id} had not", True
        return "nothing tied the two", False

    def _must_count(self) -> bool:
        """Tell whether somebody permitted it, nobody refused it, and a purchase is confirmed where it has to be."""
        needs_server = self._order.event == "Purchase" and self._order.pixel == PIXEL
        groups = self._known(1 << 62).groups
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
        ours = [event.event_id for event in self._counted if not event.by_script]
        groups = [self._known(1 << 62).group_of(event_id) for event_id in ours]
        return any(one is other for place, one in enumerate(groups) if one for other in groups[:place])


def _told_sent(group: Group, event_id: str) -> bool:
    """Tell whether a copy says that the page's script has reported this id."""
    is_its_own = f"id {event_id}" in group.names
    pages = [one for one in group.pages if is_its_own and one.event_id == event_id]
    return any(one.copy.body.get("native") == "sent" for one in pages)


def _may_have_fired(group: Group, event_id: str) -> bool:
    """Tell whether, for all that is known, the page's script may have reported this id."""
    is_its_own = f"id {event_id}" in group.names
    return any(_may_have_sent(one) for one in group.pages if is_its_own and one.event_id == event_id)


def _may_have_sent(seen: Seen) -> bool:
    return seen.copy.is_page and seen.copy.body.get("native") in (None, "unknown", "sent")
