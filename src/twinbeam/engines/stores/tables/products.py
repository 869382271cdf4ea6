"""Taking product feeds in: a file is written beside what is in force, and takes its place in one moment."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.products import Feed, FeedProduct
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.tables import product_schema as its
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.product_reading import ProductReader, chunks
from twinbeam.products.ids import aliases_of
from twinbeam.products.matching import ContentCount, Named, Place, kept

_COLUMNS = FeedProduct.__struct_fields__
_ADD = (
    f"INSERT OR IGNORE INTO product (load, {', '.join(_COLUMNS)}) "  # noqa: S608 -- our own names
    f"VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"
)
_ADD_ALIAS = "INSERT OR IGNORE INTO product_alias (load, alias, kind, id) VALUES (?,?,?,?)"
_CURSOR = "delivered"


class ProductTable(ProductReader):
    """See admin.product_contract.FeedStore for the promises."""

    def __init__(self, tables: Tables, ring: KeyRing) -> None:
        super().__init__(tables)
        self._ring = ring

    def address(self, workspace: str) -> str:
        """Return the address that is read on a schedule."""
        with self._tables.reading() as link:
            sealed = link.scalar(select(its.feed.c.url).where(its.feed.c.workspace == workspace))
        return self._ring.open_sealed(sealed, feed_context(workspace)).decode() if sealed else ""

    def save_address(self, workspace: str, url: str, host: str, every_hours: int) -> None:
        """Keep the address, sealed; what it answered before says nothing about another one."""
        sealed = self._ring.seal(url.encode(), feed_context(workspace)) if url else b""
        self._change(
            workspace, url=sealed, host=host, every_hours=every_hours, etag="", modified="", is_asked=bool(url)
        )

    def ask(self, workspace: str, *, asked: bool) -> None:
        """Ask that a feed is read as soon as may be, or note that it is being read."""
        self._change(workspace, is_asked=asked)

    def note_try(self, workspace: str, *, trouble: str, now_ms: int) -> None:
        """Note that a feed was looked at, and why nothing came of it."""
        self._change(workspace, trouble=trouble, tried_ms=now_ms)

    def begin_load(self, workspace: str, now_ms: int) -> int:
        """Begin to take a file in."""
        with self._tables.transaction() as link:
            made = insert(its.feed_load).values(workspace=workspace, began_ms=now_ms)
            return int(link.execute(made.returning(its.feed_load.c.id)).scalar_one())

    def add(self, load: int, products: Sequence[FeedProduct]) -> set[str]:
        """Keep some products of a file; returns the ids that were there already."""
        it = its.product.c
        ids = [each.id for each in products]
        with self._tables.transaction() as link:
            asked = (select(it.id).where(it.load == load, it.id.in_(some)) for some in chunks(ids))
            there = {id_ for each in asked for id_ in link.scalars(each)}
            new = [each for each in products if each.id not in there]
            if new:
                rows = [(load, *(getattr(each, name) for name in _COLUMNS)) for each in new]
                link.exec_driver_sql(_ADD, rows)
            if aliases := [(load, *alias, each.id) for each in new for alias in aliases_of(each)]:
                link.exec_driver_sql(_ADD_ALIAS, aliases)
        return there

    def finish_load(self, feed: Feed) -> bool:
        """Put a load in force; False where a later one was first."""
        with self._tables.transaction() as link:
            if not link.scalar(select(its.feed_load.c.id).where(its.feed_load.c.id == feed.load)):
                return False
            faults = msgspec.json.encode(feed.faults).decode()
            told = {name: getattr(feed, name) for name in ("load", "kind", "name", "rows", "costed", "faulty")}
            times = {"loaded_ms": feed.loaded_ms, "tried_ms": feed.loaded_ms, "trouble": "", "is_asked": 0}
            answer = {"etag": feed.etag, "modified": feed.modified}
            self._change(feed.workspace, **told, **times, **answer, faults=faults)
            return True

    def drop_some(self, now_ms: int, *, limit: int) -> bool:
        """Remove some products of a load that is over: another is in force, or a day has passed."""
        its_load, feed = its.feed_load.c, its.feed.c
        in_force = exists().where(feed.load == its_load.id)
        replaced = exists().where(feed.workspace == its_load.workspace, feed.load > its_load.id)
        over = or_(replaced, its_load.began_ms < now_ms - MS_PER_DAY)
        with self._tables.transaction() as link:
            load = link.scalar(select(its_load.id).where(~in_force, over).limit(1))
            if load is None:
                return False
            left = 0
            for table, columns in ((its.product, ("id",)), (its.product_alias, ("alias", "kind", "id"))):
                key = ", ".join(columns)
                sql = f"DELETE FROM {table.name} WHERE load=? AND ({key}) IN (SELECT {key} FROM {table.name} WHERE load=? LIMIT ?)"  # noqa: S608, E501 -- our own names
                left += link.exec_driver_sql(sql, (load, load, limit)).rowcount
            if not left:
                link.execute(delete(its.feed_load).where(its_load.id == load))
        return True

    def remove_feed(self, workspace: str) -> None:
        """Forget a feed; its products go by and by."""
        with self._tables.transaction() as link:
            link.execute(delete(its.feed).where(its.feed.c.workspace == workspace))
            link.execute(update(its.feed_load).where(its.feed_load.c.workspace == workspace).values(began_ms=0))

    def content_cursor(self) -> int | None:
        """Return up to which batch content ids are counted; None before the first time."""
        with self._tables.reading() as link:
            return link.scalar(select(its.content_cursor.c.batch).where(its.content_cursor.c.name == _CURSOR))

    def keep_contents(self, counts: Mapping[Place, ContentCount], batch: int, *, forget_before: int) -> None:
        """Add counts up and move on; days before a UTC day are forgotten."""
        with self._tables.transaction() as link:
            for place, count in counts.items():
                others = count.unnamed + self._keep_unknown(place, count.unknown)
                values = (count.events, count.without, count.ids, count.matched, others)
                names = ("events", "without", "ids", "matched", "others")
                row = dict(zip(("day", "workspace", "pixel"), place, strict=True)) | dict(
                    zip(names, values, strict=True)
                )
                put = insert(its.content_day).values(row)
                added = {name: its.content_day.c[name] + put.excluded[name] for name in names}
                link.execute(put.on_conflict_do_update(index_elements=["day", "workspace", "pixel"], set_=added))
            link.execute(delete(its.content_cursor))
            link.execute(insert(its.content_cursor).values(name=_CURSOR, batch=batch))
            for table in (its.content_day, its.unknown_content):
                link.execute(delete(table).where(table.c.day < forget_before))

    def _keep_unknown(self, place: Place, new: Mapping[Named, int]) -> int:
        """Name the unknown ids that came most often, and return how many are named no more; inside a transaction."""
        if not new:
            return 0
        it = its.unknown_content.c
        here = (it.day == place[0]) & (it.workspace == place[1]) & (it.pixel == place[2])
        with self._tables.transaction() as link:
            rows = link.execute(select(it.content_id, it.is_group, it.n).where(here))
            before = {(id_, bool(group)): n for id_, group, n in rows}
            named, others = kept(before, new)
            for id_, group in before.keys() - named.keys():
                link.execute(delete(its.unknown_content).where(here, it.content_id == id_, it.is_group == group))
            changed = [(*place, *name, n) for name, n in named.items() if before.get(name) != n]
            if changed:
                link.exec_driver_sql("INSERT OR REPLACE INTO unknown_content VALUES (?,?,?,?,?,?)", changed)
        return others

    def _change(self, workspace: str, **values: object) -> None:
        """Change what is kept of a workspace's feed, which may be there for the first time."""
        usual: dict[str, object] = dict.fromkeys(("kind", "name", "trouble", "host", "etag", "modified"), "")
        usual |= dict.fromkeys(("load", "rows", "costed", "faulty", "every_hours", "is_asked"), 0)
        usual |= {"faults": "[]", "url": b"", "workspace": workspace}
        with self._tables.transaction() as link:
            put = insert(its.feed).values(usual | values)
            link.execute(put.on_conflict_do_update(index_elements=["workspace"], set_=values))


def feed_context(workspace: str) -> bytes:
    """Bind an address to its workspace."""
    return f"feed {workspace}".encode()
