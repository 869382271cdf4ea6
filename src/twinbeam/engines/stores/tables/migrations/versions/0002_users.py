"""Who may sign in to the pages, who has, and the links that let somebody in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MS = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "user",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("created_ms", _MS, nullable=False),
        sa.Column("disabled_ms", _MS),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("created_ms", _MS, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires_ms", _MS, nullable=False),
        sa.Column("used_ms", _MS),
        sa.Column("revoked_ms", _MS),
        sqlite_strict=True,
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("user.id")),
        sa.Column("link_id", sa.Integer, sa.ForeignKey("sign_in_link.id")),
        sa.Column("created_ms", _MS, nullable=False),
        sa.Column("seen_ms", _MS, nullable=False),
        sa.Column("ends_ms", _MS, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("user_session_of_user", "user_session", ["user_id"])
    op.create_index("user_session_of_link", "user_session", ["link_id"])
