"""Reading product feeds, and what events name of their products."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Row, func, select

from twinbeam.core.goods import Margin
from twinbeam.core.products import DayMatch, Feed, RowFault, UnknownId
from twinbeam.engines.stores.tables import product_schema as its
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.products.ids import GROUP, ID, Candidate, looked_for, loose
from twinbeam.products.matching import Named

T = TypeVar("T")

_AT_ONCE = 400  #: of SQLite's parameters
_MOST_CANDIDATES = 8  #: products under one loose form: a second one is enough to know that it is not unique
_FEED = [its.feed.c[name] for name in Feed.__struct_fields__]
_decode_faults = msgspec.json.Decoder(tuple[RowFault, ...]).decode


class ProductReader:
    """See admin.product_contract.FeedReads for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def feeds(self) -> list[Feed]:
        """Return the feeds of all workspaces."""
        with self._tables.reading() as link:
            return list(map(_as_feed, link.execute(select(*_FEED).order_by(its.feed.c.workspace))))

    def matches(self, *, since_day: int) -> list[DayMatch]:
        """Return how many content ids were known, by day, workspace and pixel, from a UTC day on."""
        day = its.content_day
        asked = select(*(day.c[name] for name in DayMatch.__struct_fields__)).where(day.c.day >= since_day)
        with self._tables.reading() as link:
            return [DayMatch(*row) for row in link.execute(asked.order_by(day.c.day, day.c.workspace, day.c.pixel))]

    def unknown(self, workspace: str, pixel: str, *, since_day: int, limit: int) -> list[UnknownId]:
        """Return the content ids that were not known, those that came most often first, without advice."""
        it = its.unknown_content.c
        n = func.sum(it.n)
        asked = (
            select(it.content_id, it.is_group, n)
            .where(it.day >= since_day, it.workspace == workspace, it.pixel == pixel)
            .group_by(it.content_id, it.is_group)
            .order_by(n.desc(), it.content_id)
            .limit(limit)
        )
        with self._tables.reading() as link:
            return [UnknownId(workspace, pixel, id_, n, bool(group)) for id_, group, n in link.execute(asked)]

    def known(self, workspace: str, named: Iterable[Named]) -> frozenset[Named]:
        """Return which of some content ids the feed in force knows."""
        with self._tables.reading() as link:
            return self.known_by(link, workspace, named)

    def known_by(self, link: Connection, workspace: str, named: Iterable[Named]) -> frozenset[Named]:
        """Return the same, by a connection."""
        asked = list(named)
        load = _load_of(link, workspace)
        if not load or not asked:
            return frozenset()
        groups = _groups(link, load, [id_ for id_, is_group in asked if is_group])
        products = _products(link, load, [id_ for id_, is_group in asked if not is_group])
        return frozenset((id_, group) for id_, group in asked if id_ in (groups if group else products))

    def candidates(self, workspace: str, ids: Sequence[str]) -> Mapping[str, list[Candidate]]:
        """Return to which products the loose forms of some ids lead."""
        with self._tables.reading() as link:
            load = _load_of(link, workspace)
            return {id_: _candidates(link, load, id_) for id_ in ids} if load else {}

    def margins(self, conversions: Sequence[int]) -> Mapping[int, Margin]:
        """Return what the orders behind some conversions are worth, as far as that is kept."""
        it = its.conversion_margin.c
        columns = [it[name] for name in Margin.__struct_fields__]
        with self._tables.reading() as link:
            asked = (select(it.id, *columns).where(it.id.in_(some)) for some in chunks(conversions))
            return {id_: Margin(*values) for each in asked for id_, *values in link.execute(each)}


def _load_of(link: Connection, workspace: str) -> int:
    return link.scalar(select(its.feed.c.load).where(its.feed.c.workspace == workspace)) or 0


def _products(link: Connection, load: int, ids: Sequence[str]) -> set[str]:
    it = its.product.c
    return {id_ for some in chunks(ids) for id_ in link.scalars(select(it.id).where(it.load == load, it.id.in_(some)))}


def _groups(link: Connection, load: int, ids: Sequence[str]) -> set[str]:
    it, alias = its.product.c, its.product_alias.c
    found: set[str] = set()
    for some in chunks(ids):
        joined = its.product_alias.join(its.product, (it.load == alias.load) & (it.id == alias.id))
        under = (alias.load == load) & (alias.kind == GROUP) & alias.alias.in_([loose(id_) for id_ in some])
        asked = select(it.group_id).distinct().select_from(joined).where(under, it.group_id.in_(some))
        found.update(link.scalars(asked))
    return found


def _candidates(link: Connection, load: int, id_: str) -> list[Candidate]:
    it, alias = its.product.c, its.product_alias.c
    forms = looked_for(id_)
    own = select(it.id, it.group_id).where(it.load == load, it.id.in_(forms))
    found = [Candidate(ID, *row) for row in link.execute(own)]
    joined = its.product_alias.join(its.product, (it.load == alias.load) & (it.id == alias.id))
    for form in forms:
        under = (alias.load == load) & (alias.alias == form)
        asked = select(alias.kind, it.id, it.group_id).select_from(joined).where(under)
        found += [Candidate(*row) for row in link.execute(asked.limit(_MOST_CANDIDATES))]
    return list(dict.fromkeys(found))


def _as_feed(row: Row[Any]) -> Feed:
    values = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name
    return Feed(**values | {"faults": _decode_faults(row.faults), "is_asked": bool(row.is_asked)})


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield values in pieces that fit into one statement."""
    for begin in range(0, len(values), _AT_ONCE):
        yield values[begin : begin + _AT_ONCE]
