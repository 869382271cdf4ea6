"""What the copies of a purchase tell of page, script and click, as SQL; orders.causes.marks_of says the same."""

from twinbeam.core.outcomes import Finding
from twinbeam.core.values import MATCH
from twinbeam.orders.causes import (
    AFTERWARDS,
    AFTERWARDS_MS,
    CLICK_LOST,
    HAS_CLICK,
    PAGE_TOLD,
    SCRIPT_BLOCKED,
    SCRIPT_MAY_HAVE,
)
from twinbeam.pipeline.record.conversion import BARE, FOUND

#: Of a conversion `c`; `placed` is when its order was placed.
MARKS = (
    f"(instr(c.channels, 'browser') > 0) * {PAGE_TOLD} + (c.browser_at IS NOT NULL) * {SCRIPT_MAY_HAVE} "
    f"+ (c.found & {FOUND[Finding.NATIVE_BLOCKED]} <> 0) * {SCRIPT_BLOCKED} "
    f"+ (c.found & {FOUND[Finding.CLICK_LOST]} <> 0) * {CLICK_LOST} "
    f"+ (c.match & {MATCH['ttclid']} <> 0 AND c.conditions & {BARE} = 0) * {HAS_CLICK} "
    f"+ coalesce(c.event_time * 1000 - {{placed}} > {AFTERWARDS_MS}, 0) * {AFTERWARDS}"
)
