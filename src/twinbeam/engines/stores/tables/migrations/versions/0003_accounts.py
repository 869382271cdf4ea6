"""Connected accounts of TikTok, and what was imported from them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _make_connections()
    _make_imports()


def _make_connections() -> None:
    op.create_table(
        "developer_app",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("saved_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "connect_state",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("holder", sa.LargeBinary, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("reconnects", sa.Text, nullable=False),
        sa.Column("made_ms", _MS, nullable=False),
        sa.Column("used_ms", _MS),
        sqlite_strict=True,
    )
    op.create_table(
        "connection",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("token", sa.LargeBinary),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("connected_ms", _MS, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("trouble_since_ms", _MS),
        sa.Column("asked_ms", _MS),
        sqlite_strict=True,
    )
    op.create_table(
        "advertiser",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("chosen", sa.Integer, nullable=False),
        sa.Column("first_seen_ms", _MS, nullable=False),
        sa.Column("last_seen_ms", _MS, nullable=False),
        sa.Column("gone_since_ms", _MS),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("trouble_since_ms", _MS),
        sa.Column("imported_ms", _MS),
        sa.Column("run", sa.Integer),
        sa.Column("stats_day", sa.Integer),
        sqlite_strict=True,
    )


def _make_imports() -> None:
    op.create_table(
        "imported_pixel",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("advertiser", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("pixel_id", sa.Text, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("first_seen_ms", _MS, nullable=False),
        sa.Column("last_seen_ms", _MS, nullable=False),
        sa.Column("vanished_since_ms", _MS),
        sqlite_strict=True,
    )
    op.create_index("imported_pixel_code", "imported_pixel", ["code"])
    op.create_table(
        "event_stat",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("pixel_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("event", sa.Text, primary_key=True),
        sa.Column("browser", _MS, nullable=False),
        sa.Column("server", _MS, nullable=False),
        sa.Column("total", _MS, nullable=False),
        sa.Column("read_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "import_run",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("started_ms", _MS, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("ended_ms", _MS),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("vanished", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "pixel_profile",
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("market", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sqlite_strict=True,
    )
