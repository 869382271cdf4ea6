"""
Why one event of a request is refused, or taken with a remark: two closed sets, one sentence each.

docs/reference/http.md lists them; a test keeps the two in step.
"""

from collections.abc import Mapping
from enum import StrEnum


class Rejection(StrEnum):
    """The `code` of an event that was rejected on arrival; its neighbours are accepted."""

    UNREADABLE = "unreadable"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NUL_CHARACTER = "nul_character"
    BAD_EVENT_NAME = "bad_event_name"
    APP_EVENT_NAME = "app_event_name"
    OFFLINE_EVENT_NAME = "offline_event_name"
    BAD_EVENT_TIME = "bad_event_time"
    UNSUPPORTED_EVENT_SOURCE = "unsupported_event_source"
    LEAD_REQUIRED = "lead_required"
    NO_PIXEL = "no_pixel"
    FOREIGN_PIXEL = "foreign_pixel"
    WRONG_PIXEL_KIND = "wrong_pixel_kind"
    FOREIGN_HOST = "foreign_host"
    NO_VISIT = "no_visit"
    NOTHING_SAID = "nothing_said"
    NO_ROUTE = "no_route"


class Remark(StrEnum):
    """The `code` of a notice: the event was taken, and the sender should look at something."""

    UNKNOWN_FIELD = "unknown_field"
    FIELD_MAPPED = "field_mapped"
    VALUE_MENDED = "value_mended"
    VALUE_LEFT_OUT = "value_left_out"
    EVENT_NAME_MAPPED = "event_name_mapped"
    EVENT_NAME_UNUSUAL = "event_name_unusual"
    EVENT_TIME_CONVERTED = "event_time_converted"
    AGE_CONVERTED = "age_converted"
    EVENT_TIME_IN_FUTURE = "event_time_in_future"
    EVENT_TIME_OLD = "event_time_old"
    EVENT_TIME_IGNORED = "event_time_ignored"
    CONNECTION_FIELD_IGNORED = "connection_field_ignored"
    PHONES_LEFT_OUT = "phones_left_out"
    BROKEN_CHARACTER = "broken_character"
    REFUND_APART = "refund_apart"
    CONSENT_UNDERSTOOD = "consent_understood"
    CONSENT_UNREADABLE = "consent_unreadable"
    CONSENT_PART_IGNORED = "consent_part_ignored"
    REGION_UNDERSTOOD = "region_understood"
    REGION_UNKNOWN = "region_unknown"


SENTENCES: Mapping[Rejection | Remark, str] = {
    Rejection.UNREADABLE: ("Not valid JSON in UTF-8, nested too deeply, or with a number that is too large."),
    Rejection.NOT_AN_OBJECT: "Not a JSON object.",
    Rejection.MISSING_FIELD: "A required field is missing.",
    Rejection.WRONG_TYPE: "The field has the wrong JSON type.",
    Rejection.OUT_OF_RANGE: "The field is too long, too short, too large, too small, or not one of the allowed values.",
    Rejection.NUL_CHARACTER: "The text holds a NUL character. Remove it.",
    Rejection.BAD_EVENT_NAME: "TikTok does not accept this event name.",
    Rejection.APP_EVENT_NAME: "This is an event for apps, and the web has none like it.",
    Rejection.OFFLINE_EVENT_NAME: "An offline event set accepts standard events only.",
    Rejection.BAD_EVENT_TIME: "The event time cannot be read, or is too far in the past or future.",
    Rejection.UNSUPPORTED_EVENT_SOURCE: "Events of this source are not supported yet.",
    Rejection.LEAD_REQUIRED: "A CRM event needs the lead_id of the TikTok lead.",
    Rejection.NO_PIXEL: "The write key has no pixel or event set.",
    Rejection.FOREIGN_PIXEL: "The event names a pixel that this write key may not use.",
    Rejection.WRONG_PIXEL_KIND: "The pixel or event set takes events of another source.",
    Rejection.FOREIGN_HOST: "The page is not on one of the shop's hosts.",
    Rejection.NO_VISIT: "The statement names no visit, so it applies to nobody.",
    Rejection.NOTHING_SAID: "The statement has no answer.",
    Rejection.NO_ROUTE: "No route of the write key takes this event.",
    Remark.UNKNOWN_FIELD: "Ignored: unknown field.",
    Remark.FIELD_MAPPED: "The field has another name here, and was read under that name.",
    Remark.VALUE_MENDED: "The value had another form than the field asks for, and was converted without loss.",
    Remark.VALUE_LEFT_OUT: "Left out: the value does not fit the field. The event was accepted.",
    Remark.EVENT_NAME_MAPPED: "The event name was changed to TikTok's name for it.",
    Remark.EVENT_NAME_UNUSUAL: "Accepted as a custom event. The name looks like a misspelled standard event.",
    Remark.EVENT_TIME_CONVERTED: "The event time was converted to whole seconds.",
    Remark.AGE_CONVERTED: "The age was converted to whole milliseconds.",
    Remark.EVENT_TIME_IN_FUTURE: "The event time is more than 10 minutes in the future. Check the sender's clock.",
    Remark.EVENT_TIME_OLD: "The event is so old that TikTok will probably ignore it.",
    Remark.EVENT_TIME_IGNORED: (
        "Ignored: a browser's clock may be wrong. Send `age_ms`, how many milliseconds ago it happened."
    ),
    Remark.CONNECTION_FIELD_IGNORED: "Ignored: with a browser key this is read from the connection.",
    Remark.CONSENT_UNDERSTOOD: "The consent was given in another format, and was converted.",
    Remark.CONSENT_UNREADABLE: (
        "The consent cannot be read, so the event waits until the visitor answers. Send consent.ad_storage and "
        "consent.ad_user_data."
    ),
    Remark.CONSENT_PART_IGNORED: "Left out: this part of the consent cannot be used.",
    Remark.REGION_UNDERSTOOD: 'The region was converted to an ISO 3166 code such as "DE" or "US-CA".',
    Remark.REGION_UNKNOWN: (
        'The region is not an ISO 3166 code such as "DE" or "US-CA", so the strictest law (opt-in) applies.'
    ),
    Remark.PHONES_LEFT_OUT: "Left out: with a browser key, a request may hold at most 100 different phone numbers.",
    Remark.REFUND_APART: (
        "The refund is in another currency than the order, so it is not subtracted. Send what went back in the order's."
    ),
    Remark.BROKEN_CHARACTER: "Half of a split character (a lone surrogate) was replaced by U+FFFD.",
}
