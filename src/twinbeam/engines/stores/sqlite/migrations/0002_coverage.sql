-- Of each pixel, event and day: conversions by the sides that reported them, and how many of those that TikTok
-- accepted carried which match key. Each event that was recorded has its row. It changes with the rows it counts (pipeline/record/coverage.py).
CREATE TABLE coverage (
    day INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    event TEXT NOT NULL,
    browser INTEGER NOT NULL,
    server INTEGER NOT NULL,
    both INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    ttclid INTEGER NOT NULL,
    email INTEGER NOT NULL,
    phone INTEGER NOT NULL,
    external_id INTEGER NOT NULL,
    ttp INTEGER NOT NULL,
    ip INTEGER NOT NULL,
    PRIMARY KEY (day, workspace, pixel, event)
) STRICT, WITHOUT ROWID;

-- What is there already. A name that the counters do not tell is counted as they count it.
INSERT INTO coverage
SELECT received / 86400000, workspace, pixel,
    CASE WHEN EXISTS (SELECT 1 FROM counter AS c WHERE c.day = received / 86400000 AND c.workspace = conversion.workspace
        AND c.pixel = conversion.pixel AND c.event = conversion.event AND c.outcome = 'recorded') THEN event
        ELSE '(other)' END,
    sum(united = 0 AND channels = 'browser'),
    sum(united = 0 AND instr(channels, 'browser') = 0),
    sum(united = 0 AND channels <> 'browser' AND instr(channels, 'browser') > 0),
    sum(state = 'delivered'),
    sum(state = 'delivered' AND conditions & 2 = 0 AND match & 8 <> 0),
    sum(state = 'delivered' AND conditions & 2 = 0 AND match & 1 <> 0),
    sum(state = 'delivered' AND conditions & 2 = 0 AND match & 2 <> 0),
    sum(state = 'delivered' AND conditions & 2 = 0 AND match & 4 <> 0),
    sum(state = 'delivered' AND conditions & 2 = 0 AND match & 16 <> 0),
    sum(state = 'delivered' AND conditions & 2 = 0 AND match & 32 <> 0)
FROM conversion WHERE test_code = '' AND state <> 'dropped' GROUP BY 1, 2, 3, 4;
INSERT OR IGNORE INTO coverage SELECT day, workspace, pixel, event, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM counter
WHERE outcome = 'recorded' AND pixel <> '';
