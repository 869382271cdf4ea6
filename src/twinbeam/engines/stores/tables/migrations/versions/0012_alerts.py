"""Alerts: rules, mutes, channels, what is watched, messages on their way, and volumes by the hour."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _decided()
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "workspace", "pixel", "part", "phase")),
        *(sa.Column(name, _MS, nullable=False) for name in ("since_ms", "first_ms", "seen_ms")),
        *(sa.Column(name, sa.REAL, nullable=False) for name in ("value", "worst")),
        sa.Column("began_ms", _MS, nullable=False),
        sa.Column("ended_ms", _MS),
        sa.Column("why", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_notice",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("made_ms", _MS, nullable=False),
        sa.Column("next_ms", _MS, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("done_ms", _MS),
        sa.Column("trouble", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "volume_hour",
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("pixel", sa.Text, primary_key=True),
        sa.Column("n", _MS, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _decided() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "alert_mute",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "workspace", "pixel", "reason")),
        sa.Column("until_ms", _MS, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "alert_channel",
        sa.Column("name", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "shown")),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("address", "secret")),
        sa.Column("created_ms", _MS, nullable=False),
        sa.Column("sent_ms", _MS),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("trouble_ms", _MS),
        sqlite_strict=True,
    )
