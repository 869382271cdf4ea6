"""Alerts: what was decided, what is watched, and what is on its way to a channel."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, delete, func, insert, select, update

from twinbeam.alerts.judging import Watched, Why
from twinbeam.alerts.kinds import AlertKind
from twinbeam.alerts.messages import Message
from twinbeam.alerts.retrying import AlertNotice
from twinbeam.alerts.rules import AlertChannel, AlertMute, Rule
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.tables import alert_schema as its
from twinbeam.engines.stores.tables.alert_reading import AlertReader
from twinbeam.engines.stores.tables.database import Tables

MOST_PAST = 1_000  #: alerts that are over
MOST_DONE = 1_000  #: messages that were taken or given up
MOST_WAITING = 500  #: messages for one channel
_TOO_MANY = "Too many messages waited for this channel."

Place = tuple[str, str]


def channel_context(name: str, what: str) -> bytes:
    """Return what binds a sealed column to its channel."""
    return f"alert channel {name} {what}".encode()


class AlertTable(AlertReader):
    """See admin.alert_contract.AlertStore for the promises."""

    def __init__(self, tables: Tables, ring: KeyRing) -> None:
        super().__init__(tables)
        self._ring = ring

    def transaction(self) -> AbstractContextManager[Connection]:
        """Commit all that is changed inside together, durably, or nothing."""
        return self._tables.transaction()

    def save_rule(self, rule: Rule) -> None:
        """Keep what was decided of a kind."""
        with self._tables.transaction() as link:
            link.execute(delete(its.alert_rule).where(its.alert_rule.c.kind == rule.kind))
            link.execute(insert(its.alert_rule).values(kind=rule.kind.value, rule=_text(rule)))

    def forget_rule(self, kind: AlertKind) -> None:
        """Let the usual rule of a kind hold."""
        with self._tables.transaction() as link:
            link.execute(delete(its.alert_rule).where(its.alert_rule.c.kind == kind.value))

    def add_mute(self, mute: AlertMute) -> AlertMute:
        """Keep a mute; returns it with its number."""
        values = {name: value for name, value in msgspec.structs.asdict(mute).items() if name != "id"}
        with self._tables.transaction() as link:
            (number,) = link.execute(insert(its.alert_mute).values(**values)).inserted_primary_key or (0,)
        return replace(mute, id=int(number))

    def remove_mutes(self, ids: Collection[int]) -> None:
        """Forget mutes."""
        if ids:
            with self._tables.transaction() as link:
                link.execute(delete(its.alert_mute).where(its.alert_mute.c.id.in_(ids)))

    def add_channel(self, channel: AlertChannel, address: str, secret: str) -> None:
        """Keep a channel, its address and secret sealed."""
        values = msgspec.structs.asdict(channel) | {"kind": channel.kind.value}
        sealed = {
            name: self._ring.seal(text.encode(), channel_context(channel.name, name))
            for name, text in (("address", address), ("secret", secret))
        }
        with self._tables.transaction() as link:
            link.execute(insert(its.alert_channel).values(**values, **sealed))

    def remove_channel(self, name: str) -> None:
        """Forget a channel with what waits for it."""
        with self._tables.transaction() as link:
            link.execute(delete(its.alert_channel).where(its.alert_channel.c.name == name))
            link.execute(delete(its.alert_notice).where(its.alert_notice.c.channel == name))

    def opened(self, name: str) -> tuple[str, str]:
        """Return the address and the secret of a channel; two empty texts where it is gone."""
        asked = select(its.alert_channel.c.address, its.alert_channel.c.secret).where(its.alert_channel.c.name == name)
        with self._tables.reading() as link:
            row = link.execute(asked).one_or_none()
        if row is None:
            return "", ""
        address, secret = (
            self._ring.open_sealed(sealed, channel_context(name, what)).decode()
            for what, sealed in (("address", row.address), ("secret", row.secret))
        )
        return address, secret

    def save(self, it: Watched) -> Watched:
        """Keep an episode; a new one gets its number."""
        values = _row(it)
        with self._tables.transaction() as link:
            if it.id:
                link.execute(update(its.alert).where(its.alert.c.id == it.id).values(**values))
                return it
            (number,) = link.execute(insert(its.alert).values(**values, why="")).inserted_primary_key or (0,)
        return replace(it, id=int(number))

    def drop(self, it: Watched) -> None:
        """Forget an episode that was told to nobody."""
        with self._tables.transaction() as link:
            link.execute(delete(its.alert).where(its.alert.c.id == it.id))

    def end(self, it: Watched, ended_ms: int, why: Why) -> None:
        """Note that an episode is over; only so many of those are kept."""
        table = its.alert.c
        with self._tables.transaction() as link:
            over = _row(it) | {"ended_ms": ended_ms, "why": why.value}
            link.execute(update(its.alert).where(table.id == it.id).values(**over))
            kept = select(table.id).where(table.ended_ms.is_not(None)).order_by(table.id.desc()).offset(MOST_PAST)
            link.execute(delete(its.alert).where(table.id.in_(kept.limit(-1))))

    def add_notices(self, notices: Iterable[AlertNotice]) -> None:
        """Keep messages until they are sent; of those that wait for a channel only so many."""
        rows = [
            {
                "channel": it.channel,
                "message": _text(it.message),
                "made_ms": it.made_ms,
                "next_ms": it.next_ms,
                "tries": it.tries,
                "trouble": it.trouble,
            }
            for it in notices
        ]
        if not rows:
            return
        with self._tables.transaction() as link:
            link.execute(insert(its.alert_notice), rows)
            for channel in {str(row["channel"]) for row in rows}:
                _give_up(link, channel, max(int(str(row["made_ms"])) for row in rows))

    def heads(self) -> list[AlertNotice]:
        """Return the oldest message that waits for each channel."""
        table = its.alert_notice
        oldest = select(func.min(table.c.id)).where(table.c.done_ms.is_(None)).group_by(table.c.channel)
        with self._tables.reading() as link:
            rows = link.execute(select(table).where(table.c.id.in_(oldest)).order_by(table.c.id)).mappings().all()
        return [_notice(row) for row in rows]

    def note_try(self, it: AlertNotice, now_ms: int) -> None:
        """Note a try, and with it how its channel is; only so many that are done are kept."""
        table, channel = its.alert_notice.c, its.alert_channel.c
        values = {"next_ms": it.next_ms, "tries": it.tries, "done_ms": it.done_ms, "trouble": it.trouble}
        fresh = {"trouble": it.trouble, "trouble_ms": func.coalesce(channel.trouble_ms, now_ms)}
        well = {"trouble": "", "trouble_ms": None, "sent_ms": now_ms}
        with self._tables.transaction() as link:
            link.execute(update(its.alert_notice).where(table.id == it.id).values(**values))
            told = update(its.alert_channel).where(channel.name == it.channel)
            link.execute(told.values(**(fresh if it.trouble else well)))
            kept = select(table.id).where(table.done_ms.is_not(None)).order_by(table.id.desc()).offset(MOST_DONE)
            link.execute(delete(its.alert_notice).where(table.id.in_(kept.limit(-1))))

    def keep_volumes(self, hour: int, volumes: Mapping[Place, int], *, forget_before: int) -> None:
        """Keep the count of an hour, and forget hours before another one."""
        rows = [
            {"hour": hour, "workspace": workspace, "pixel": pixel, "n": n}
            for (workspace, pixel), n in {**volumes, ("", ""): sum(volumes.values())}.items()
        ]
        with self._tables.transaction() as link:
            table = its.volume_hour
            link.execute(delete(table).where((table.c.hour == hour) | (table.c.hour < forget_before)))
            link.execute(insert(table), rows)


def _give_up(link: Connection, channel: str, now_ms: int) -> None:
    """Give up the oldest messages of a channel for which too many wait."""
    table = its.alert_notice
    here = (table.c.channel == channel) & table.c.done_ms.is_(None)
    many = select(table.c.id).where(here).order_by(table.c.id.desc()).offset(MOST_WAITING).limit(-1)
    link.execute(update(table).where(table.c.id.in_(many)).values(done_ms=now_ms, trouble=_TOO_MANY))


def _row(it: Watched) -> dict[str, Any]:
    values = msgspec.structs.asdict(it)
    of = values.pop("of")
    del values["id"]
    place = {"workspace": of.workspace, "pixel": of.pixel, "part": of.part}
    return values | place | {"kind": it.kind.value, "phase": it.phase.value}


def _notice(row: Mapping[Any, Any]) -> AlertNotice:
    fields = {str(name): value for name, value in row.items()}
    message = msgspec.json.decode(fields.pop("message"), type=Message)
    return AlertNotice(**fields, message=message)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
