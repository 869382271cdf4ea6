-- Of each pixel, event and day what is counted beside states and sides: a kind, and a name of a closed or bounded set
-- (core/pixel_counts.py). It changes with what it counts, or is added by a job that goes on at a place.
CREATE TABLE pixel_count (
    day INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    pixel TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    name TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (day, workspace, pixel, kind, event, name)
) STRICT, WITHOUT ROWID;

-- What is there already, of the last 90 days, as far as rows tell it: what was carried by which side.
INSERT INTO pixel_count
SELECT received / 86400000, workspace, pixel, 'carried',
    CASE WHEN EXISTS (SELECT 1 FROM coverage AS c WHERE c.day = received / 86400000 AND c.workspace = conversion.workspace
        AND c.pixel = conversion.pixel AND c.event = conversion.event) THEN event ELSE '(other)' END,
    CASE WHEN channels = 'browser' THEN 'browser|' WHEN instr(channels, 'browser') = 0 THEN 'server|' ELSE 'both|' END
        || key.value, count(*)
FROM conversion, json_each('["", "email", "phone", "external_id", "ttclid", "ttp", "ip"]') AS key
WHERE test_code = '' AND state = 'delivered'
    AND (key.value = '' OR (conditions & 2 = 0 AND match & (1 << (key.key - 1)) <> 0))
GROUP BY 1, 2, 3, 4, 5, 6;

-- Up to which batch a job has counted what was delivered.
CREATE TABLE counted_batch (counts TEXT PRIMARY KEY, place INTEGER NOT NULL) STRICT, WITHOUT ROWID;
