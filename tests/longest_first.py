"""
The order of test files: those that take longest begin, so that at the end no worker waits long for another.

For `--dist loadfile`, which gives each worker one file after the other. What starts many processes, or looks at many
pages, has its place here; all others follow in the order of their names.
"""

LONGEST = (
    "journeys/test_axe.py",
    "journeys/test_check_demo.py",
    "screens/test_docs.py",
    "tag/test_wordpress.py",
    "tag/test_shopify_pixel.py",
    "tag/test_recipes.py",
    "journeys/test_check_shops.py",
    "journeys/test_check_pixels.py",
    "journeys/test_check_sources.py",
    "journeys/test_damage.py",
    "journeys/test_full_disk.py",
    "journeys/test_shop_front.py",
    "journeys/test_outage.py",
    "journeys/test_wheel.py",
    "journeys/test_owner.py",
    "journeys/test_cli.py",
    "journeys/test_first_pair.py",
    "journeys/test_bad_input.py",
    "simulation/test_month.py",
    "tag/test_consent.py",
    "tag/test_marks.py",
    "tag/test_layer.py",
    "tag/test_late.py",
    "tag/test_modes.py",
    "tag/test_network.py",
    "tag/test_once.py",
    "shops/test_outcomes.py",
    "shops/test_deliveries.py",
    "screens/test_issues.py",
    "truth/test_phones.py",
    "laws/test_accounting.py",
    "laws/test_cash_on_delivery.py",
    "laws/test_evidence_laws.py",
    "engines/test_kit.py",
)
_PLACES = {name: place for place, name in enumerate(LONGEST)}


def place(nodeid: str) -> int:
    """Tell when the tests of a file begin, by the id of one of them."""
    return _PLACES.get(nodeid.partition("::")[0].removeprefix("tests/"), len(LONGEST))
