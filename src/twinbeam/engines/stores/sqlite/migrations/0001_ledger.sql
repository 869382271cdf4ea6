-- How far each journal is recorded, and how many of its events.
CREATE TABLE cursor (
    journal TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    events INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys of the day, wrapped by the key ring; what a day's key sealed dies with it.
CREATE TABLE day_key (day INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;

CREATE TABLE lane (
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL,
    event_source TEXT NOT NULL,
    source_id TEXT NOT NULL,
    test_code TEXT NOT NULL,
    enriches INTEGER NOT NULL, -- 1: second words about what is delivered already
    UNIQUE (workspace, event_source, source_id, test_code, enriches)
) STRICT;

-- The key of a conversion; the one look-up every arrival pays for. Packed by the key's first
-- two bytes (partitions.py); what is new waits in the log (deferred_index.py).
CREATE TABLE dedup (partition INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
CREATE TABLE dedup_log (n INTEGER PRIMARY KEY, hashes BLOB NOT NULL, ids BLOB NOT NULL) STRICT;

-- One row a conversion, or a tombstone. Ids only grow. The one other index (below) is touched when a conversion comes
-- to rest, not when it is recorded or leased: bench/ shows what an index costs.
CREATE TABLE conversion (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    event_source TEXT NOT NULL,
    event TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_time INTEGER NOT NULL,
    received INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    minor INTEGER,
    currency TEXT NOT NULL,
    order_id TEXT NOT NULL,
    channels TEXT NOT NULL,
    consent TEXT NOT NULL,
    source TEXT NOT NULL,
    due INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    lacks INTEGER NOT NULL, -- what it waits for: permission, confirmation
    browser_at INTEGER, -- when TikTok's own script may first have reported it
    native_proven INTEGER NOT NULL,
    match INTEGER NOT NULL, -- match keys of all copies, a bit each
    enriched INTEGER NOT NULL,
    test_code TEXT NOT NULL,
    found INTEGER NOT NULL, -- what its copies were found to disagree about, a bit each
    since INTEGER NOT NULL, -- when it began to wait: its age counts from here
    conditions INTEGER NOT NULL, -- on which it may be sent: limited data use, no identifiers
    evidence INTEGER NOT NULL, -- on whose word it stands, a bit each
    visitor INTEGER NOT NULL, -- whose it is: the visit that its server named, or the first that reported it; 0: nobody's
    other_visitor INTEGER NOT NULL, -- a second visit that its server named, known apart from the first; 0: none
    granter INTEGER NOT NULL, -- the visit whose word permitted it, where its server did not; 0: none
    contested INTEGER NOT NULL, -- when a visit that nothing ties to it last refused it
    united INTEGER NOT NULL, -- the conversion in which it is counted, where both were one order
    person BLOB NOT NULL, -- the hash by which its server named the person
    shop TEXT NOT NULL DEFAULT '', -- that reported it; empty for the workspace's first
    spelling TEXT NOT NULL DEFAULT '', -- the name under which it was first sent
    attempts INTEGER NOT NULL DEFAULT 0,
    maybe_at INTEGER,
    settled_at INTEGER,
    batch INTEGER
) STRICT;

-- For lists by state: all that the schedule (ready, batch) does not lead to.
CREATE INDEX conversion_listed ON conversion (workspace, pixel, state, id)
    WHERE state NOT IN ('ready', 'leased', 'waiting');

-- The copies of a conversion, sealed; merged for the wire when it is leased.
CREATE TABLE payload (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

-- Second and later copies, as facts without content.
CREATE TABLE copy (
    id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    channel TEXT NOT NULL,
    at INTEGER NOT NULL,
    consent TEXT NOT NULL,
    source TEXT NOT NULL,
    differs TEXT NOT NULL, -- what it says otherwise, in words
    PRIMARY KEY (id, n)
) STRICT, WITHOUT ROWID;

-- What a visit is known by; written only on change. New visitors are appended: facts under random keys would cost
-- a page of their own each (docs/decisions/0009-visitors.md). Tokens lead to them as keys do to conversions.
CREATE TABLE visitor (
    id INTEGER PRIMARY KEY,
    seen INTEGER NOT NULL, -- the day under whose key the facts are sealed
    watchlist BLOB NOT NULL, -- ids of the conversions that its later word on consent may still reach (consent_watchlist.py)
    facts BLOB NOT NULL -- empty once they are forgotten
) STRICT;
CREATE TABLE visitor_key (partition INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
CREATE TABLE visitor_key_log (n INTEGER PRIMARY KEY, hashes BLOB NOT NULL, ids BLOB NOT NULL) STRICT;

-- What waits to be sent, in the order it is due.
CREATE TABLE ready (
    lane INTEGER NOT NULL,
    due INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (lane, due, id)
) STRICT, WITHOUT ROWID;

-- What is held, in the order in which it ends, and the keys of its payloads.
CREATE TABLE held (due INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (due, id)) STRICT, WITHOUT ROWID;
CREATE TABLE held_key (id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;

-- What was refused after it could be found: its look-ups are to be removed.
CREATE TABLE pending_lookup_removal (id INTEGER PRIMARY KEY) STRICT;

-- How the browser was last seen to write an event's name.
CREATE TABLE event_spelling (
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    event TEXT NOT NULL,
    at INTEGER NOT NULL,
    spelling TEXT NOT NULL,
    PRIMARY KEY (workspace, pixel, event)
) STRICT, WITHOUT ROWID;

-- A request: its lease while it is open, its place in the attempt log afterwards.
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    ids BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    tally TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    again INTEGER NOT NULL, -- 1 when what it carries may have been sent before: a half, or taken over
    answered_at INTEGER,
    status INTEGER,
    code INTEGER,
    message TEXT,
    request_id TEXT
) STRICT;
CREATE INDEX batch_open ON batch (owner) WHERE state = 'leased';
-- For the newest answer to each lane.
CREATE INDEX batch_answered ON batch (lane, id) WHERE code IS NOT NULL;

-- Earlier batches of a conversion that was tried more than once.
CREATE TABLE attempt (id INTEGER NOT NULL, batch INTEGER NOT NULL, PRIMARY KEY (id, batch)) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    day INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (day, workspace, pixel, event, outcome, reason)
) STRICT, WITHOUT ROWID;

-- When a side of a pixel last reported a standard event, or (under an empty name) any custom one.
CREATE TABLE side_seen (
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    event TEXT NOT NULL,
    side TEXT NOT NULL,
    at INTEGER NOT NULL,
    alone INTEGER NOT NULL, -- conversions that the other side has opened since then
    PRIMARY KEY (workspace, pixel, event, side)
) STRICT, WITHOUT ROWID;

-- Until when a server's word is awaited on the purchases of a pixel's browsers, because one has reported such.
CREATE TABLE confirming (
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (workspace, pixel)
) STRICT, WITHOUT ROWID;

-- What could not be recorded, sealed, for a person to look at.
CREATE TABLE quarantine (
    journal TEXT NOT NULL,
    seq INTEGER NOT NULL,
    item INTEGER NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (journal, seq, item)
) STRICT, WITHOUT ROWID;

-- An agency's client, and what was decided about it; the one a single shop has needs no row.
CREATE TABLE workspace (name TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What an owner decided about a pixel stands in `rules`, as JSON without the defaults (core/rules.py).
CREATE TABLE pixel (
    workspace TEXT NOT NULL,
    code TEXT NOT NULL,
    event_source TEXT NOT NULL,
    name TEXT NOT NULL,
    rules TEXT NOT NULL,
    token BLOB,
    token_at INTEGER,
    created INTEGER NOT NULL,
    PRIMARY KEY (workspace, code)
) STRICT, WITHOUT ROWID;

-- Held conversions that their owner looked at and wants sent; the writer lets them go.
CREATE TABLE release_request (conversion INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;

-- Pixels that an operator removed: what arrives or comes back for one later ends unsent.
CREATE TABLE removed_pixel (
    workspace TEXT NOT NULL,
    code TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace, code)
) STRICT, WITHOUT ROWID;

-- Pixels that an operator stopped: what arrives for one waits until it is started.
CREATE TABLE stopped_pixel (
    workspace TEXT NOT NULL,
    code TEXT NOT NULL,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (workspace, code)
) STRICT, WITHOUT ROWID;

-- Further shops of a workspace; the first one needs no row. One that was removed stays, for what it reported.
CREATE TABLE shop (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    removed INTEGER,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE write_key (
    h TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    workspace TEXT NOT NULL,
    source TEXT NOT NULL,
    routes TEXT NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER,
    shop TEXT NOT NULL DEFAULT '' -- whose ids its events bear; empty for the workspace's first
) STRICT, WITHOUT ROWID;

-- Sources that sign what they send; their secrets are sealed by the key ring, and two count while senders change over.
CREATE TABLE signed_source (
    name TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    shop TEXT NOT NULL, -- whose ids its events bear; empty for the workspace's first
    routes TEXT NOT NULL,
    secret BLOB NOT NULL,
    older_secret BLOB,
    created INTEGER NOT NULL,
    rotated INTEGER
) STRICT, WITHOUT ROWID;

-- Who changed what of the above. Lines are added and never changed.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit lines stay'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit lines stay'); END;

-- The highest id of a table whose newest rows may be removed: no id is given twice.
CREATE TABLE highest_id (name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Conversions whose rows are gone after their time, by the state they had; their counters stay.
CREATE TABLE removed_count (state TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- What people asked to have erased: by what (sealed, and gone once it is done), what must be recorded before, the receipt.
CREATE TABLE erasure (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    shop TEXT, -- the one shop that is meant, if it is one
    hashes BLOB NOT NULL,
    asked_at INTEGER NOT NULL,
    upto TEXT NOT NULL,
    waits TEXT NOT NULL DEFAULT '[]', -- what was on the wire and is erased at its answer
    done_at INTEGER,
    receipt TEXT
) STRICT, WITHOUT ROWID;
