"""
The closed set of what the emulator finds wrong in what it receives, each rule with its trigger, fix and source.

A `fault` is a mistake of the sender that no test should make unannounced; `advice` is what Events Manager would only
remark on. Both feed Diagnostics. TikTok's full table is not public (tiktok.md 11.3), so most of these ids are ours.
"""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How bad it is."""

    FAULT = "fault"  #: Fails a test that did not announce it.
    ADVICE = "advice"  #: Shown in Diagnostics only.


class About(NamedTuple):
    """What a person reads about a rule."""

    severity: Severity
    title: str
    trigger: str
    fix: str
    source: str


class Rule(StrEnum):
    """What can be found; `ABOUT` explains each member."""

    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    TOO_MANY_EVENTS = "too_many_events"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    MISSING_EVENT_NAME = "missing_event_name"
    INVALID_CUSTOM_EVENT_NAME = "invalid_custom_event_name"
    NAME_NOT_ALLOWED = "name_not_allowed"
    EVENT_TIME_NOT_INTEGER = "event_time_not_integer"
    EVENT_TIME_IN_MILLISECONDS = "event_time_in_milliseconds"
    STALE_EVENT_TIME = "stale_event_time"
    FUTURE_EVENT_TIME = "future_event_time"
    UNHASHED_PII = "unhashed_pii"
    UPPER_CASE_HASH = "upper_case_hash"
    HASHED_PLAIN_KEY = "hashed_plain_key"
    HASH_OF_NOTHING = "hash_of_nothing"
    INVALID_EMAIL = "invalid_email"
    INVALID_PHONE = "invalid_phone"
    PLAIN_EXTERNAL_ID = "plain_external_id"
    PII_IN_URL = "pii_in_url"
    INVALID_IP = "invalid_ip"
    PRIVATE_IP = "private_ip"
    MISSING_IP_UA = "missing_ip_ua"
    SAME_IP_MANY_USERS = "same_ip_many_users"
    NO_MATCH_KEY = "no_match_key"
    CLICK_ID_CUT = "click_id_cut"
    INVALID_CURRENCY = "invalid_currency"
    MISSING_CURRENCY_OR_VALUE = "missing_currency_or_value"
    VALUE_NOT_NUMBER = "value_not_number"
    ZERO_VALUE = "zero_value"
    CONTENT_IDS_MISSING = "content_ids_missing"
    INVALID_CONTENT_TYPE = "invalid_content_type"
    UNKNOWN_FIELD = "unknown_field"
    DEPRECATED_EVENT_NAME = "deprecated_event_name"
    RESERVED_EVENT_NAME = "reserved_event_name"
    MISSING_PAGE = "missing_page"
    MISSING_EVENT_ID_ON_OVERLAP = "missing_event_id_on_overlap"
    EVENT_ID_MISMATCH = "event_id_mismatch"
    EVENT_NAMES_DIFFER = "event_names_differ"
    SERVER_ONLY_NO_DEDUP = "server_only_no_dedup"
    LATE_SERVER_EVENT = "late_server_event"
    CHANGED_BODY = "changed_body"
    REPEAT_WITH_MORE = "repeat_with_more"
    LONG_EVENT_ID = "long_event_id"
    TEST_CODE_IN_PRODUCTION = "test_code_in_production"
    UNKNOWN_TEST_CODE = "unknown_test_code"
    LIMITED_DATA_USE_OFFLINE = "limited_data_use_offline"
    LIMITED_DATA_USE_WITHOUT_IP = "limited_data_use_without_ip"
    ATT_DENIED_IDENTIFIERS = "att_denied_identifiers"
    FEWER_VIEWS_THAN_CARTS = "fewer_views_than_carts"
    NO_PERMISSION = "no_permission"
    EMPTY_TOKEN = "empty_token"  # noqa: S105 -- the name of a rule
    BAD_TOKEN = "bad_token"  # noqa: S105 -- the name of a rule
    OVER_LIMIT = "over_limit"
    UNKNOWN_PATH = "unknown_path"
    INVALID_PIXEL = "invalid_pixel"
    COOKIES_OFF = "cookies_off"
    EMAIL_FORMAT_INVALID = "email_format_invalid"


def _fault(title: str, trigger: str, fix: str, source: str) -> About:
    return About(Severity.FAULT, title, trigger, fix, source)


def _advice(title: str, trigger: str, fix: str, source: str) -> About:
    return About(Severity.ADVICE, title, trigger, fix, source)


ABOUT: dict[Rule, About] = {
    Rule.NOT_JSON: _fault(
        "The body is not JSON", "The body could not be read as JSON in UTF-8.", "Send a JSON object.", "1.2"
    ),
    Rule.WRONG_SHAPE: _fault(
        "The body has the wrong shape",
        "`event_source`, `event_source_id` or `data` is missing or of another type, as in a 1.0 body.",
        "Send `event_source`, `event_source_id` and `data[]`.",
        "2.1, 3.4",
    ),
    Rule.TOO_MANY_EVENTS: _fault(
        "Too many events in one request",
        "More than 1,000 events (2.0) or 50 (1.0 batch) came in one request.",
        "Split the request.",
        "2.1, 2.8",
    ),
    Rule.MISSING_FIELD: _fault(
        "A required field is missing", "A field that the reference requires is absent.", "Send it.", "2.2"
    ),
    Rule.WRONG_TYPE: _fault(
        "A field has the wrong type",
        "A field has another JSON type than documented, for example a numeric `event_id`.",
        "Send the documented type.",
        "2.2, 2.3, 2.5",
    ),
    Rule.MISSING_EVENT_NAME: _fault(
        "Missing Event Name", "An event came without a name.", "Put the name in `event`.", "11.3"
    ),
    Rule.INVALID_CUSTOM_EVENT_NAME: _fault(
        "Invalid Event Type for Custom Event",
        "A custom name has over 50 characters, does not start with a letter, or has signs besides `_` and `-`.",
        "Rename the event.",
        "2.9, 11.3",
    ),
    Rule.NAME_NOT_ALLOWED: _fault(
        "The event set does not take this name",
        "An offline set got a custom name, or a CRM set a name its switch closes.",
        "Use a standard event.",
        "2.2, 15.2",
    ),
    Rule.EVENT_TIME_NOT_INTEGER: _fault(
        "`event_time` is not an integer",
        "`event_time` is an ISO string, a decimal or another type.",
        "Send Unix seconds as an integer.",
        "2.2, 2.8",
    ),
    Rule.EVENT_TIME_IN_MILLISECONDS: _fault(
        "`event_time` looks like milliseconds",
        "`event_time` is greater than 10^11.",
        "Divide by 1,000: the unit is seconds.",
        "2.8",
    ),
    Rule.STALE_EVENT_TIME: _advice(
        "Events arrive long after they happened",
        "`event_time` is older than the threshold for its source.",
        "Send events at once.",
        "2.8, 15.3",
    ),
    Rule.FUTURE_EVENT_TIME: _advice(
        "Events are dated in the future",
        "`event_time` is ahead of the receiving clock by more than the threshold.",
        "Set the sender's clock.",
        "2.8, 15.3",
    ),
    Rule.UNHASHED_PII: _fault(
        "An identifier is not hashed",
        "An e-mail, phone, name or postcode came in plain text.",
        "Normalise, then SHA-256, lower-case hex.",
        "6.1, 10.4",
    ),
    Rule.UPPER_CASE_HASH: _advice(
        "A hash is in upper case", "64 hex digits with capitals.", "Send lower-case hex.", "6.3"
    ),
    Rule.HASHED_PLAIN_KEY: _fault(
        "A plain key is hashed",
        "`ttclid`, `ttp`, `ip`, `user_agent`, `locale` or `lead_id` is a 64-digit hash.",
        "Send it as it is; never hash it.",
        "6.1",
    ),
    Rule.HASH_OF_NOTHING: _fault(
        "A hash of nothing",
        "The hash is that of an empty string, `null`, `undefined` or the like.",
        "Leave the field out when the value is unknown.",
        "6.5",
    ),
    Rule.INVALID_EMAIL: _advice(
        "Email format invalid", "A plain e-mail has no valid form.", "Fix the e-mail parameter.", "9.8"
    ),
    Rule.INVALID_PHONE: _advice(
        "A phone is not in E.164",
        "A plain phone does not start with `+` and a country code.",
        "Use `+`, country code, national number, digits only; then hash.",
        "6.1, 6.4",
    ),
    Rule.PLAIN_EXTERNAL_ID: _advice(
        "`external_id` is not hashed",
        "The table asks for SHA-256, TikTok's own sample shows a plain value.",
        "Hash it, the same way on both sides.",
        "2.3, 6.1",
    ),
    Rule.PII_IN_URL: _fault(
        "Potentially prohibited data shared",
        "A page address carries an e-mail address or a phone parameter.",
        "Clean URLs before sending.",
        "10.4, 11.3",
    ),
    Rule.INVALID_IP: _advice("An IP address is none", "`user.ip` is not an IPv4 or IPv6 address.", "Fix it.", "2.3"),
    Rule.PRIVATE_IP: _advice(
        "A private IP address",
        "`user.ip` is private, loopback, link-local or otherwise not public.",
        "Send the visitor's public address, not your proxy's.",
        "2.3, 8.4",
    ),
    Rule.MISSING_IP_UA: _advice(
        "IP and user agent are missing", "A web event has no `user.ip` or no `user.user_agent`.", "Send both.", "8.4"
    ),
    Rule.SAME_IP_MANY_USERS: _advice(
        "One IP address for many users",
        "More than half of the last 50 server events or more came from one address, for different users.",
        "Send the visitor's address, not the server's.",
        "8.4, 14",
    ),
    Rule.NO_MATCH_KEY: _advice(
        "No match key", "An event carries nothing that could match a person.", "Send at least one match key.", "2.2"
    ),
    Rule.CLICK_ID_CUT: _advice(
        "A click id looks cut",
        "`ttclid` has exactly 255, 256 or over 1,000 characters.",
        "Keep it whole, up to 1,000 characters.",
        "8.1",
    ),
    Rule.INVALID_CURRENCY: _advice(
        "Unknown currency", "`currency` is not in the accepted list.", "Use a listed ISO 4217 code.", "2.6"
    ),
    Rule.MISSING_CURRENCY_OR_VALUE: _advice(
        "Purchase without value or currency",
        "A `Purchase` lacks `value` or `currency`.",
        "Send both; they are required for value optimisation.",
        "2.4, 11.3",
    ),
    Rule.VALUE_NOT_NUMBER: _fault(
        "`value` is not a number", "`value` is a string or another type.", "Send a number without symbols.", "2.4"
    ),
    Rule.ZERO_VALUE: _advice("Events with value 0", "A `Purchase` has value 0.", "Send the order's total.", "14"),
    Rule.CONTENT_IDS_MISSING: _advice(
        "Content_ID parameter missing or incorrect",
        "A shopping event has neither `content_ids` nor `contents[].content_id`.",
        "Send them in the form of your catalogue.",
        "2.4, 11.3",
    ),
    Rule.INVALID_CONTENT_TYPE: _advice(
        "Unknown content_type", "`content_type` is not `product` or `product_group`.", "Use one of the two.", "2.4"
    ),
    Rule.UNKNOWN_FIELD: _fault(
        "A field nobody reads", "A key is not in the reference, so it is ignored.", "Check its spelling.", "2.1, 4.5"
    ),
    Rule.DEPRECATED_EVENT_NAME: _advice(
        "A retired event name", "`CompletePayment`, `SubmitForm`, ... are renamed or retiring.", "Rename.", "5.2"
    ),
    Rule.RESERVED_EVENT_NAME: _advice(
        "A reserved event name", "The name is mapped to a standard event.", "Use the standard name.", "5.3"
    ),
    Rule.MISSING_PAGE: _advice(
        "A web event without page", "`page.url` is missing.", "Send the full address.", "2.2, 2.7"
    ),
    Rule.MISSING_EVENT_ID_ON_OVERLAP: _advice(
        "No `event_id` although both channels send this event",
        "Pixel and Events API both sent this event within 24 hours and a copy had no id.",
        "Send the same `event_id` on both sides.",
        "7.1, 11.3",
    ),
    Rule.EVENT_ID_MISMATCH: _advice(
        "Ids differ between the channels",
        "Both channels send this event with ids, and hardly any id is common to both.",
        "Derive the id from the order on both sides.",
        "11.3, 14",
    ),
    Rule.EVENT_NAMES_DIFFER: _advice(
        "Event names differ across channels",
        "Two copies of one event came under different literal names.",
        "Use the same name on both sides.",
        "5.2",
    ),
    Rule.SERVER_ONLY_NO_DEDUP: _advice(
        "Server events without id",
        "Server events of a web pixel carry no `event_id`, so repeats cannot be told apart.",
        "Send an `event_id`.",
        "7.1, 11.3",
    ),
    Rule.LATE_SERVER_EVENT: _advice(
        "The second copy came after the merge window",
        "A copy from the other channel came over 5 minutes after the first: dropped without enriching it.",
        "Send both copies at once.",
        "7.1",
    ),
    Rule.CHANGED_BODY: _fault(
        "Another body under one `event_id`",
        "A repeat on the same channel differs from the first copy in a value that both carry.",
        "Repeat the same bytes, or use another id.",
        "7.1",
    ),
    Rule.REPEAT_WITH_MORE: _advice(
        "A repeat with more fields",
        "A repeat on the same channel carries fields which the first lacked; they are lost.",
        "Send everything at once.",
        "7.1",
    ),
    Rule.LONG_EVENT_ID: _advice(
        "A very long `event_id`", "`event_id` has over 256 characters.", "Use a shorter one.", "15.3"
    ),
    Rule.TEST_CODE_IN_PRODUCTION: _advice(
        "A test code is still in use",
        "Events with a `test_event_code` have come for more than a day.",
        "Remove the code: test events do not count.",
        "11.6, 15.3",
    ),
    Rule.UNKNOWN_TEST_CODE: _advice(
        "An unknown test code", "No Test events tab shows this code.", "Copy the current code.", "15.3"
    ),
    Rule.LIMITED_DATA_USE_OFFLINE: _advice(
        "`limited_data_use` where it does not apply", "The flag came on an offline or CRM event.", "Drop it.", "10.3"
    ),
    Rule.LIMITED_DATA_USE_WITHOUT_IP: _advice(
        "`limited_data_use` without IP", "Without `user.ip` the event cannot be located.", "Send the IP.", "10.3"
    ),
    Rule.ATT_DENIED_IDENTIFIERS: _advice(
        "Identifiers in spite of a denied prompt",
        "`att_status` is `DENIED` and an e-mail or phone was sent; it is not used.",
        "Leave them out.",
        "10.5",
    ),
    Rule.FEWER_VIEWS_THAN_CARTS: _advice(
        "You have fewer View Content events than Add to Cart events.",
        "Over 24 hours `AddToCart` was counted more often than `ViewContent`.",
        "Fire ViewContent on product pages.",
        "11.3",
    ),
    Rule.NO_PERMISSION: _advice(
        "No permission for the event source",
        "The token does not cover the pixel or set, or there is no such one.",
        "Use a token of the same ad account.",
        "4.2, 4.3",
    ),
    Rule.EMPTY_TOKEN: _fault(
        "No token",
        "The header `Access-Token` is missing or empty.",
        "Send the token bare, without `Bearer`.",
        "1.3, 4.2",
    ),
    Rule.BAD_TOKEN: _advice(
        "A wrong or revoked token", "The token is not known or was revoked.", "Generate a new one.", "4.3"
    ),
    Rule.OVER_LIMIT: _advice(
        "Too many requests", "The limits per second, minute or day were passed.", "Slow down.", "4.6"
    ),
    Rule.UNKNOWN_PATH: _fault("No such endpoint", "The path or method is not served.", "Check the path.", "4.3"),
    Rule.INVALID_PIXEL: _fault(
        "Invalid Pixel ID", "A page loads or reports to a pixel that does not exist.", "Copy the right id.", "9.8"
    ),
    Rule.COOKIES_OFF: _advice(
        "First-Party Cookies Not Found", "First-party cookies are off for the pixel.", "Turn them on.", "9.8"
    ),
    Rule.EMAIL_FORMAT_INVALID: _advice(
        "Email format invalid", "The browser was given an e-mail with no valid form.", "Fix it.", "9.8"
    ),
}


class Finding(NamedTuple):
    """One rule met at one place."""

    rule: Rule
    path: str
    evidence: str
