-- What waits after an attempt, by its first one: what TikTok may have for nearly 47 hours goes first. Rows come in after a
-- failed attempt alone, so that what is delivered at once never touches it.
CREATE INDEX conversion_tried ON conversion (workspace, pixel, maybe_at, id) WHERE state = 'waiting';
