"""
Why one event of a request is refused, or taken with a remark: two closed sets, one sentence each.

docs/reference/http.md lists them; a test keeps the two in step.
"""

from collections.abc import Mapping
from enum import StrEnum


class Rejection(StrEnum):
    """The `code` of an event that was refused at the door; its neighbours are taken."""

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
    CONSENT_UNDERSTOOD = "consent_understood"
    CONSENT_UNREADABLE = "consent_unreadable"
    CONSENT_PART_IGNORED = "consent_part_ignored"
    REGION_UNDERSTOOD = "region_understood"
    REGION_UNKNOWN = "region_unknown"


SENTENCES: Mapping[Rejection | Remark, str] = {
    Rejection.UNREADABLE: "It is not JSON in UTF-8, is nested too deeply or holds a number beyond any use.",
    Rejection.NOT_AN_OBJECT: "It is not a JSON object.",
    Rejection.MISSING_FIELD: "A required field is missing.",
    Rejection.WRONG_TYPE: "A field has the wrong JSON type, such as a number where a string is due.",
    Rejection.OUT_OF_RANGE: "A field is too long, too short, too large, too small or not one of its allowed values.",
    Rejection.NUL_CHARACTER: "A string holds a NUL character, which no identifier or name needs.",
    Rejection.BAD_EVENT_NAME: "TikTok would refuse the event name.",
    Rejection.APP_EVENT_NAME: "Only an app can report an event of this name, and it has no counterpart on the web.",
    Rejection.OFFLINE_EVENT_NAME: "An offline set takes TikTok's standard events only.",
    Rejection.BAD_EVENT_TIME: "The event time cannot be understood, or is too far from today to be meant.",
    Rejection.UNSUPPORTED_EVENT_SOURCE: "Events of this source are not supported yet.",
    Rejection.LEAD_REQUIRED: "A crm event must name the TikTok lead it belongs to.",
    Rejection.NO_PIXEL: "The write key leads to no pixel or event set.",
    Rejection.FOREIGN_PIXEL: "The event names a pixel that the write key may not use.",
    Rejection.WRONG_PIXEL_KIND: "The pixel or event set takes events of another source.",
    Rejection.FOREIGN_HOST: "The statement comes from a page that is none of the shop's.",
    Rejection.NO_VISIT: "The statement names no visit, so nobody can tell whose word it is.",
    Rejection.NOTHING_SAID: "The statement answers nothing.",
    Rejection.NO_ROUTE: "No route of the write key takes the event.",
    Remark.UNKNOWN_FIELD: "The field is not known and was ignored.",
    Remark.FIELD_MAPPED: "The field is known by another name and was taken as that one.",
    Remark.VALUE_MENDED: "The value was not written as its field asks, and was understood all the same.",
    Remark.VALUE_LEFT_OUT: "The value cannot be what its field asks for and was left out; the event was taken.",
    Remark.EVENT_NAME_MAPPED: "The event name is not TikTok's, which has another one for the same thing.",
    Remark.EVENT_NAME_UNUSUAL: "It was taken as a custom event; its name looks like a misspelling of one of TikTok's.",
    Remark.EVENT_TIME_CONVERTED: "The event time was not written as whole seconds.",
    Remark.AGE_CONVERTED: "The age was not written as whole milliseconds from 0 on.",
    Remark.EVENT_TIME_IN_FUTURE: "The event time lies more than 10 minutes ahead; a clock is probably wrong.",
    Remark.EVENT_TIME_OLD: "The event lies so far back that TikTok is likely to make nothing of it.",
    Remark.EVENT_TIME_IGNORED: "A browser's clock is not believed: send `age_ms`, how long ago it was.",
    Remark.CONNECTION_FIELD_IGNORED: "With a browser key the connection itself says this, so the field was ignored.",
    Remark.CONSENT_UNDERSTOOD: "The consent was said in another dialect, which was understood.",
    Remark.CONSENT_UNREADABLE: (
        "It says something about consent that cannot be read, so the event is held under every law until the visitor "
        "answers. Send consent.ad_storage and consent.ad_user_data."
    ),
    Remark.CONSENT_PART_IGNORED: "The field tells more about the consent, but cannot be used, and was left out.",
    Remark.REGION_UNDERSTOOD: 'The region was not written as an ISO 3166 code such as "DE" or "US-CA".',
    Remark.REGION_UNKNOWN: (
        'The region is no ISO 3166 code such as "DE" or "US-CA" and counts as unknown, where the law is opt-in.'
    ),
    Remark.PHONES_LEFT_OUT: "With a browser key, phone numbers beyond 100 different ones of a request are left out.",
    Remark.BROKEN_CHARACTER: "Half of a split character (a lone surrogate) was replaced by U+FFFD.",
}
