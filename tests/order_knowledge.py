"""
Which copies of an order are known to be one conversion, read from the law of copies (docs/concepts/copies.md) alone.

Copies tie what they name: a server's all of it, a page's what its own visit reported, and at most one conversion that it
only claims. A page's copy of another visit than the one that a server names is a stranger's, and is believed in nothing;
nor is a refusal.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from msgspec import Struct

from adversary import HOUR_MS
from order_histories import Order
from troubled import Seen

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
        pages = [
            seen for seen in self.heard if seen.copy.is_page and (seen.first_visit or "ad_storage" in seen.copy.said)
        ]
        claimants = list(dict.fromkeys(seen.first_visit for seen in pages))
        if self.is_strong or len(claimants) < 2:
            return pages
        granted = [seen.first_visit for seen in pages if "ad_storage" in seen.copy.said]
        return [] if self.is_vouched else [seen for seen in pages if seen.first_visit == [*granted, *claimants][0]]

    def is_free(self, *, needs_server: bool) -> bool:
        """Tell whether it was permitted, and confirmed, before the page's own script had been too long ago."""
        granted = [seen.at_ms for seen in self.heard if "ad_storage" in seen.copy.said]
        servers = [seen.at_ms for seen in self.heard if not seen.copy.is_page]
        if not granted or (needs_server and not servers):
            return False
        ready_ms = max(min(granted), min(servers) if needs_server else 0)
        fired = [one.fired_ms for one in (*self.heard, *self.unheard) if _may_have_sent(one)]
        return all(ready_ms < at_ms + MARGIN_MS for at_ms in fired)

    def was_told_sent(self, event_id: str) -> bool:
        """Tell whether a copy says that the page's script has reported this id."""
        return any(seen.copy.body.get("native") == "sent" for seen in self._pages_under(event_id))

    def may_have_fired(self, event_id: str) -> bool:
        """Tell whether, for all that is known, the page's script may have reported this id."""
        return any(map(_may_have_sent, self._pages_under(event_id)))

    def _pages_under(self, event_id: str) -> list[Seen]:
        """Give the pages' copies under an id, unless that is another conversion's."""
        return [seen for seen in self.pages if seen.event_id == event_id and f"id {event_id}" in self.names]

    def forget(self, copies: list[Seen]) -> None:
        """Believe copies in nothing any more; their ids still lead to it."""
        self.heard, self.unheard = [seen for seen in self.heard if seen not in copies], [*self.unheard, *copies]

    def is_named(self, event_id: str) -> bool:
        """Tell whether a server's copy of it has this id."""
        return any(seen.event_id == event_id for seen in self.heard if not seen.copy.is_page)

    def bears(self, event_id: str, before: int = 1 << 62) -> bool:
        """Tell whether a copy of it that was recorded before some moment has this id."""
        copies = (*self.heard, *self.unheard)
        return any(seen.event_id == event_id and seen.known_from < before for seen in copies)

    @property
    def is_strong(self) -> bool:
        """Whether a server named its visit."""
        return any(not seen.copy.is_page and tokens_of(seen) for seen in self.heard)


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
        self._apart: set[str] = set()
        self.groups: list[Group] = []
        for _, together in groupby(sorted(seen, key=lambda each: each.known_from), key=lambda each: each.known_from):
            copies = list(together)
            named = list(map(self._visits.named_by, copies))
            for one, visits in zip(copies, named, strict=True):
                one.visits = visits
            for one in copies:
                is_its_own = any(one.copy is copy for copy in order.copies)
                if is_its_own and "denied" not in one.copy.said.values():  # a refusal ties nothing
                    self._hear(one)

    def _hear(self, seen: Seen) -> None:
        names = names_of(seen, self._order.event)
        touched = [group for group in self.groups if group.names & names]
        for group in touched:
            if group.heard and not self._has_left(group, seen) and seen.at_ms >= group.ends_ms:
                group.forget(group.heard)  # what was held in vain
        if seen.copy.is_page:
            self._hear_page(seen, names, touched)
        else:
            self._hear_server(seen, names, touched)

    def _hear_page(self, seen: Seen, names: set[str], touched: list[Group]) -> None:
        visits = set(seen.visits)
        own = [group for group in touched if group.visits & visits]
        others = [group for group in touched if not group.visits & visits and not group.is_strong]
        if touched and not own and not others:
            return  # a stranger to what a server ties to another visit
        others.sort(key=lambda group: not group.is_vouched)
        may_take = all(not group.is_vouched and not self._has_left(group, seen) for group in own)
        claimed = others[:1] if not own or (may_take and others and others[0].is_vouched) else []
        if claimed and not own and claimed[0].is_vouched and not claimed[0].heard:
            claimed[0].unheard.append(seen)  # a claim does not begin anew what a server reported in vain
            return
        group = self._tie([*own, *claimed], seen)
        group.heard.append(seen)
        group.names |= names.difference(*(each.names for each in self.groups))
        others_said = [one.copy.said for one in group.heard[:-1] if one.copy.is_page]
        permits = "ad_storage" in seen.copy.said and not any("ad_storage" in said for said in others_said)
        is_open = not group.is_vouched and not self._has_left(group, seen)
        if is_open and not own and permits:
            group.visits = visits.copy()  # what goes out is its own copy
        elif is_open and (own or not others_said):
            group.visits |= visits

    def _hear_server(self, seen: Seen, names: set[str], touched: list[Group]) -> None:
        is_strong, visits = bool(tokens_of(seen)), set(seen.visits)
        strangers = [g for g in touched if is_strong and not g.is_vouched and not g.visits & visits]
        for group in strangers:
            if self._has_left(group, seen):
                touched = [each for each in touched if each is not group]
                touched.append(self._yielded(group, names))
            else:
                if not group.heard:
                    group.names &= names  # it was held in vain, and what it tied is a stranger's word
                group.forget([one for one in group.heard if not visits & set(one.visits)])
                group.visits = set()
        if any(group.is_strong for group in touched):
            touched = [group for group in touched if not self._is_strangers(group, seen)]
        group = self._tie(touched, seen)
        names_visit = is_strong or not group.is_vouched
        if names_visit and not self._has_left(group, seen):
            if not group.is_strong and (is_strong or not group.visits & visits):
                group.visits = set()  # what only pages said, or the order alone
            group.visits |= visits
            group.is_vouched = True
        group.heard.append(seen)
        group.names |= names
        if group.is_strong:
            group.forget([one for one in group.heard if one.copy.is_page and not group.visits & set(one.visits)])

    def _is_strangers(self, group: Group, seen: Seen) -> bool:
        """Tell whether a conversion is what another visit's page had sent."""
        return not group.is_vouched and not group.visits & set(seen.visits) and self._has_left(group, seen)

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
        of_page = set(seen.visits) if seen.copy.is_page else set[int]()  # which speaks for all visits that it names
        visits = set[int]().union(
            *(group.visits for group in strong or groups), *(of_page & group.visits for group in groups)
        )
        heard = [seen for group in groups for seen in group.heard]
        is_strong = any(group.is_strong for group in groups)
        strangers = [seen for seen in heard if is_strong and seen.copy.is_page and not visits & set(seen.visits)]
        tied = Group(
            names=set[str]().union(*(group.names for group in groups)),
            heard=[seen for seen in heard if seen not in strangers],
            unheard=[*strangers, *(seen for group in groups for seen in group.unheard)],
            visits=visits,
            is_vouched=any(group.is_vouched for group in groups),
        )
        self.groups.append(tied)
        return tied

    def group_of(self, event_id: str, *, later: bool = False, before: int = 0) -> Group | None:
        """
        Find the conversion that went out under an id: a copy's own, or one that only its visit's token gives.

        Where it is told before which moment, a copy that came earlier bore the id.

        Of two, a stranger had sent the earlier one, and the later one is what the server vouches for.
        """
        found = [group for group in self.groups if group.bears(event_id, before)] if before else []
        found = found or [group for group in self.groups if group.bears(event_id)]
        if not found and APART.fullmatch(event_id):
            named = f"id {event_id[:-9]}"
            found = [group for group in self.groups if group.is_strong and named in group.names]
        by_name = {id(group): f"id {event_id}" not in group.names for group in found}
        if later:
            found.sort(key=lambda group: (not group.is_named(event_id), by_name[id(group)], not group.is_vouched))
        else:
            found.sort(key=lambda group: (group.is_vouched, by_name[id(group)]))
        return found[0] if found else None


def _may_have_sent(seen: Seen) -> bool:
    return seen.copy.is_page and seen.copy.body.get("native") in (None, "unknown", "sent")
