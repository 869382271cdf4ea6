"""The tables of alerts: what was decided, what is watched, what is on its way to a channel, and volumes by the hour."""

from sqlalchemy import REAL, Column, Integer, LargeBinary, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

#: What was decided of a kind; without a row its usual rule holds.
alert_rule = Table(
    "alert_rule",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    sqlite_strict=True,
)

alert_mute = Table(
    "alert_mute",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("pixel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until_ms", MS, nullable=False),
    Column("who", Text, nullable=False),
    Column("at_ms", MS, nullable=False),
    sqlite_strict=True,
)

#: Addresses may hold passwords, so they are sealed, as the secrets are.
alert_channel = Table(
    "alert_channel",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_ms", MS, nullable=False),
    Column("sent_ms", MS),
    Column("trouble", Text, nullable=False),
    Column("trouble_ms", MS),
    sqlite_strict=True,
)

#: An episode: from the first reading beyond the threshold to its end.
alert = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("pixel", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("since_ms", MS, nullable=False),
    Column("first_ms", MS, nullable=False),
    Column("seen_ms", MS, nullable=False),
    Column("value", REAL, nullable=False),
    Column("worst", REAL, nullable=False),
    Column("began_ms", MS, nullable=False),
    Column("ended_ms", MS),
    Column("why", Text, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

#: A message for one channel, stored before it is sent.
alert_notice = Table(
    "alert_notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("made_ms", MS, nullable=False),
    Column("next_ms", MS, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_ms", MS),
    Column("trouble", Text, nullable=False),
    sqlite_strict=True,
)

#: Conversions by hour since the epoch; the row of no pixel says that an hour was counted.
volume_hour = Table(
    "volume_hour",
    metadata,
    Column("hour", Integer, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("n", MS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
