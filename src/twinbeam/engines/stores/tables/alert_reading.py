"""Reading what is known of alerts, without opening anything that is sealed."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import func, select

from twinbeam.admin.alert_contract import PastAlert
from twinbeam.alerts.judging import AlertSubject, Watched, Why
from twinbeam.alerts.kinds import AlertKind
from twinbeam.alerts.rules import LOG_CHANNEL, AlertChannel, AlertMute, Rule, usual
from twinbeam.engines.stores.tables import alert_schema as its
from twinbeam.engines.stores.tables.database import Tables

Place = tuple[str, str]
_SHOWN = [its.alert_channel.c[name] for name in AlertChannel.__struct_fields__]


class AlertReader:
    """See admin.alert_contract.AlertReads for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def rules(self) -> dict[AlertKind, Rule]:
        """Return the rule of each kind, as it was decided or as it usually is."""
        with self._tables.reading() as link:
            rows = link.execute(select(its.alert_rule.c.kind, its.alert_rule.c.rule)).all()
        decided = {kind: msgspec.json.decode(rule, type=Rule) for kind, rule in rows if kind in set(AlertKind)}
        return {kind: decided.get(kind.value, usual(kind)) for kind in AlertKind}

    def mutes(self) -> list[AlertMute]:
        """Return the mutes, those that are over too until they are removed."""
        with self._tables.reading() as link:
            rows = link.execute(select(its.alert_mute).order_by(its.alert_mute.c.id)).mappings().all()
        return [msgspec.convert(_plain(row), AlertMute) for row in rows]

    def channels(self) -> list[AlertChannel]:
        """Return the channels by their names, the log first."""
        with self._tables.reading() as link:
            rows = link.execute(select(*_SHOWN).order_by(its.alert_channel.c.name)).mappings().all()
        return [LOG_CHANNEL, *(msgspec.convert(_plain(row), AlertChannel) for row in rows)]

    def watched(self) -> list[Watched]:
        """Return what is watched: alerts that go on, and what is on its way to one."""
        asked = select(its.alert).where(its.alert.c.ended_ms.is_(None)).order_by(its.alert.c.id)
        with self._tables.reading() as link:
            return [_watched(row) for row in link.execute(asked).mappings()]

    def past(self, *, limit: int) -> list[PastAlert]:
        """Return the newest alerts that are over."""
        over = its.alert.c.ended_ms.is_not(None)
        asked = select(its.alert).where(over).order_by(its.alert.c.ended_ms.desc(), its.alert.c.id.desc()).limit(limit)
        with self._tables.reading() as link:
            rows = link.execute(asked).mappings().all()
        return [PastAlert(_watched(row), row["ended_ms"], Why(row["why"])) for row in rows]

    def waiting(self) -> dict[str, int]:
        """Return how many messages wait for each channel."""
        table = its.alert_notice.c
        asked = select(table.channel, func.count()).where(table.done_ms.is_(None)).group_by(table.channel)
        with self._tables.reading() as link:
            rows = link.execute(asked).all()
        return {str(channel): int(n) for channel, n in rows}

    def volumes(self, hour: int) -> dict[Place, int] | None:
        """Return how many conversions came in an hour since the epoch; None where it was not counted."""
        table = its.volume_hour.c
        with self._tables.reading() as link:
            rows = link.execute(select(table.workspace, table.pixel, table.n).where(table.hour == hour)).all()
        found = {(workspace, pixel): n for workspace, pixel, n in rows}
        return None if found.pop(("", ""), None) is None else found

    def counted_hour(self) -> int | None:
        """Return the newest hour that was counted."""
        with self._tables.reading() as link:
            newest: int | None = link.scalar(select(func.max(its.volume_hour.c.hour)))
        return newest


def _watched(row: Mapping[Any, Any]) -> Watched:
    fields = _plain(row)
    of = AlertSubject(fields.pop("workspace"), fields.pop("pixel"), fields.pop("part"))
    del fields["ended_ms"], fields["why"]
    return msgspec.convert(fields | {"of": of}, Watched)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}  # SQLAlchemy's names are of a type of its own
