"""What each rule of a pixel decides, in a sentence for the page; docs/reference/pixel-rules.md lists the same rules."""

from collections.abc import Mapping, Sequence

#: The rules as the page groups them: each with what it decides.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "Consent": {
        "consent.policy": (
            "Whose consent is needed: by the law of the visitor's region, always, or never. A refusal "
            "counts under each."
        ),
        "consent.regions": "A law of your own for a region, such as DE or US-CA, before the built-in table.",
        "consent.user_data_denied": (
            "What happens where the use of personal data is denied: the event is dropped, or sent without identifiers."
        ),
        "consent.personalization_denied": (
            "What happens where only personalisation is denied: limited data use, or the event is dropped."
        ),
        "consent.opted_out": (
            "What an opt-out signal (GPC, GPP) does where the law is opt-out: limited data use, or the "
            "event is dropped."
        ),
    },
    "Who reports": {
        "way": (
            "Who reports this pixel's events to TikTok: its script and this gateway, the script alone, or "
            "the gateway alone."
        ),
        "ways": "Another way for one event, such as Purchase.",
        "confirm_purchases": (
            "Whether a browser's purchase waits until a server reports it too; auto: if one does report."
        ),
        "native_wait_seconds": ("How long a server's copy waits where TikTok's script is proven to have sent its own."),
        "event_id_from": "What gives an order's event its id where the sender gives none.",
        "tag_without": "What the browser tag does not report by itself.",
    },
    "Names": {
        "spelling": "Whether events are sent as the browser spells them, or by TikTok's new or old names.",
        "means": "What a sender's own name for an event means here.",
        "page_view_as": "What GA4's page_view is here.",
        "place_an_order": (
            "Whether PlaceAnOrder is sent when a shop system tells of an order; TikTok ends it with 2026."
        ),
    },
    "Purchases and money": {
        "purchase_means": "How far an order has to be before it counts as a purchase.",
        "purchase_expires_days": "How many days an order waits to be as far as that.",
        "value": "Whether a purchase is worth its revenue or its margin.",
        "value_without": "Parts of an order's total that its value leaves out.",
        "cost_unknown": "What is sent where the cost of a product is not known, and margins are.",
        "product_id": "Which id of a product is sent.",
    },
    "Data": {
        "parameters": "The only properties that may be sent; empty: all.",
        "restricted": "For sensitive shops: no names, no search strings, and no path or query of addresses.",
    },
    "Limits": {
        "requests_per_second": "Requests to TikTok in any second; 0: the gateway's default.",
        "requests_per_minute": "Requests to TikTok in any minute; 0: any number.",
        "requests_per_day": "Requests to TikTok on a UTC day; 0: any number.",
    },
    "Pages and tests": {
        "environment": "On staging only tests are sent.",
        "hosts": "Hosts whose pages may report; empty: those of the workspace.",
        "staging_hosts": "Hosts whose events are tests.",
        "bots": "Whether what known crawlers report is dropped.",
        "test_emails": (
            "Addresses whose orders are tests. Only their hashes are kept, and none is shown: a new list "
            "replaces the old."
        ),
    },
}

SENTENCES: Mapping[str, str] = {name: words for group in GROUPS.values() for name, words in group.items()}
#: These two are set by test mode.
BY_TEST_MODE: Sequence[str] = ("test_code", "test_until_ms")
HIDDEN = frozenset({"test_emails"})  #: whose values are hashes of addresses
