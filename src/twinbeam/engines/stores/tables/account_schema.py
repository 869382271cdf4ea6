"""The tables of connected accounts, as they are now; migration 0003 made them."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from twinbeam.engines.stores.tables.schema import MS, metadata

#: The app in TikTok's developer portal, where its owner saved it here: at most one row.
developer_app = Table(
    "developer_app",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # sealed
    Column("saved_ms", MS, nullable=False),
    sqlite_strict=True,
)

#: Begun connections: what TikTok has to bring back, by its hash, each good once.
connect_state = Table(
    "connect_state",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("holder", LargeBinary, nullable=False),  # hash of the session that began it
    Column("workspace", Text, nullable=False),
    Column("reconnects", Text, nullable=False),
    Column("made_ms", MS, nullable=False),
    Column("used_ms", MS),
    sqlite_strict=True,
)

#: Connected accounts.
connection = Table(
    "connection",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("secret", LargeBinary),  # sealed, as is the token; none once it is disconnected
    Column("token", LargeBinary),
    Column("scopes", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("connected_ms", MS, nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("trouble_since_ms", MS),
    Column("asked_ms", MS),
    sqlite_strict=True,
)

#: The ad accounts of each.
advertiser = Table(
    "advertiser",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("chosen", Integer, nullable=False),
    Column("first_seen_ms", MS, nullable=False),
    Column("last_seen_ms", MS, nullable=False),
    Column("gone_since_ms", MS),
    Column("problem", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("trouble_since_ms", MS),
    Column("imported_ms", MS),
    Column("run", Integer),  # the import in which it was done last
    Column("stats_day", Integer),
    sqlite_strict=True,
)

#: Pixels of the chosen ones, as they were last seen.
imported_pixel = Table(
    "imported_pixel",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("advertiser", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("pixel_id", Text, nullable=False),
    Column("seen", Text, nullable=False),  # JSON
    Column("first_seen_ms", MS, nullable=False),
    Column("last_seen_ms", MS, nullable=False),
    Column("vanished_since_ms", MS),
    Index("imported_pixel_code", "code"),
    sqlite_strict=True,
)

#: TikTok's own counts, by UTC day.
event_stat = Table(
    "event_stat",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("pixel_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("browser", MS, nullable=False),
    Column("server", MS, nullable=False),
    Column("total", MS, nullable=False),
    Column("read_ms", MS, nullable=False),
    sqlite_strict=True,
)

#: The newest import of each connection.
import_run = Table(
    "import_run",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("id", Integer, nullable=False),
    Column("started_ms", MS, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("ended_ms", MS),
    Column("problem", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("vanished", Integer, nullable=False),
    sqlite_strict=True,
)

#: Whose a pixel is, in an agency's words.
pixel_profile = Table(
    "pixel_profile",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("market", Text, nullable=False),
    Column("owner", Text, nullable=False),
    sqlite_strict=True,
)
