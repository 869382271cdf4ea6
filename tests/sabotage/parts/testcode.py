"""Let a test code of anybody's go unheard, so that tests count live."""

from twinbeam.core.values import Item
from twinbeam.pipeline.accept import drop_rules, fanout

says_test = drop_rules.says_test


def heedless(item: Item) -> bool:
    return item.test_event_code is None and says_test(item)


drop_rules.says_test = fanout.says_test = heedless
