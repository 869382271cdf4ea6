"""Who may sign in to the pages, who has, and the links that let somebody in."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

#: `name_key` is the name as it is compared.
user = Table(
    "user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_ms", MS, nullable=False),
    Column("disabled_ms", MS),
    sqlite_strict=True,
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("created_ms", MS, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_ms", MS, nullable=False),
    Column("used_ms", MS),
    Column("revoked_ms", MS),
    sqlite_strict=True,
)

user_session = Table(
    "user_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("user_id", Integer, ForeignKey("user.id")),
    Column("link_id", Integer, ForeignKey("sign_in_link.id")),
    Column("created_ms", MS, nullable=False),
    Column("seen_ms", MS, nullable=False),
    Column("ends_ms", MS, nullable=False),
    sqlite_strict=True,
)
Index("user_session_of_user", user_session.c.user_id)
Index("user_session_of_link", user_session.c.link_id)
