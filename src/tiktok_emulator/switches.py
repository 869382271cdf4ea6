"""
Everything about TikTok that is not known for certain, as switches; the defaults are the stances of tiktok.md 15.3.

Each field carries its explanation and its source section; `docs/reference/emulator.md` lists them all.
"""

import json
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta


def _about(text: str, source: str) -> Meta:
    return Meta(description=text, extra={"source": source})


class Rates(NamedTuple):
    """How many requests an app may make; 0 is any number."""

    per_second: int
    per_minute: int
    per_day: int = 0


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One position for every rule on which the public material is silent or disagrees."""

    http_status_mode: Annotated[
        Literal["portal", "always200"],
        _about("HTTP status of event answers whose code is not 0: the portal's pairs, or always 200.", "4.2"),
    ] = "portal"
    canonical_names: Annotated[
        bool, _about("Renamed and reserved event names become the current name before dedup.", "5.2")
    ] = True
    event_id_case: Annotated[
        Literal["sensitive", "insensitive"], _about("How `event_id` is compared in dedup.", "7.4 row 12")
    ] = "sensitive"
    merge_scope: Annotated[
        Literal["cross_channel", "all"],
        _about("Which later copies within 5 minutes enrich the first: the other channel's, or any.", "7.1"),
    ] = "cross_channel"
    merge_conflict: Annotated[
        Literal["first", "later"], _about("Which value stays when both copies carry one.", "7.3")
    ] = "first"
    cookie_api_first: Annotated[
        Literal["count_both", "merge"],
        _about("Without ids, the API copy first and the pixel's within 5 minutes.", "7.4 row 14"),
    ] = "count_both"
    cookie_api_api: Annotated[
        Literal["count_both", "drop"],
        _about("Two API copies without ids but with one `ttp` within 5 minutes.", "7.4 row 18"),
    ] = "count_both"
    ttp_suffix: Annotated[
        Literal["strip", "keep"], _about("Whether `.tt.1` is ignored when `_ttp` values are compared.", "8.2")
    ] = "strip"
    test_events_count: Annotated[
        bool, _about("Events with a `test_event_code` enter the actual data.", "7.4 row 19")
    ] = False
    unknown_test_code: Annotated[
        Literal["hide", "show"],
        _about("Events with a test code nobody made: accepted; hidden from or shown in Test events.", "15.3"),
    ] = "hide"
    retry_after_seconds: Annotated[int, _about("`Retry-After` with 40100; 0 leaves the header out.", "4.6")] = 0
    unhashed_identifiers: Annotated[
        Literal["accept", "refuse"],
        _about("Raw e-mail or phone: code 0 and a diagnostic, or 40062.", "6.5"),
    ] = "accept"
    batch_size_code: Annotated[
        Literal[40002, 40061], _about("The code for too many events in one request.", "2.1, 4.3")
    ] = 40002
    partner_names: Annotated[
        tuple[str, ...], _about("If not empty, any other `partner_name` is refused with 40063.", "2.1")
    ] = ()
    bad_event_in_batch: Annotated[
        Literal["refuse_all", "partial"],
        _about("One bad event: the whole batch is refused, or the rest is taken with 20001.", "4.4"),
    ] = "refuse_all"
    message_grammar: Annotated[
        Literal["path", "field"],
        _about("`data.<i>.<path>: <reason>` or `Invalid value for <field>: <reason>` with 40002.", "15.3"),
    ] = "path"
    malformed_source_code: Annotated[
        Literal[40001, 40002],
        _about("The code for an `event_source_id` that cannot be one; an unknown one is 40001.", "15.3"),
    ] = 40002
    permission_checked: Annotated[
        Literal["before", "after"],
        _about("When the right to the event source is looked at: before the events are read, or after.", "4.2"),
    ] = "before"
    slashless_paths: Annotated[
        Literal["accept", "refuse"], _about("Paths without the trailing slash: served, or 40400.", "1.2")
    ] = "accept"
    page_required: Annotated[bool, _about("A web event without `page` is refused.", "2.2, 15.2")] = False
    user_required: Annotated[bool, _about("A web event without `user` is refused.", "2.2, 15.2")] = False
    crm_names: Annotated[
        Literal["any", "custom", "standard"], _about("Which event names a CRM set takes.", "2.2, 15.2")
    ] = "any"
    offline_names: Annotated[
        Literal["diagnose", "refuse"],
        _about("A custom name on an offline set: accepted with a diagnostic, or 40002.", "2.2"),
    ] = "diagnose"
    limited_data_use_offline: Annotated[
        Literal["ignore", "refuse"], _about("`limited_data_use` on offline or CRM events.", "2.2, 10.3")
    ] = "ignore"
    event_time_type: Annotated[
        Literal["refuse", "stamp"],
        _about("`event_time` that is not an integer: 40002, or stamped with the arrival time.", "2.8, 4.4"),
    ] = "refuse"
    user_types: Annotated[Literal["refuse", "accept"], _about("A `user` field of the wrong JSON type.", "2.3")] = (
        "refuse"
    )
    property_types: Annotated[
        Literal["accept", "refuse"], _about("A scalar in `properties` of the wrong JSON type.", "2.4")
    ] = "accept"
    content_id_type: Annotated[
        Literal["refuse", "accept"], _about("A `content_id` that is not a string (2.0).", "2.5")
    ] = "refuse"
    currency: Annotated[Literal["accept", "refuse"], _about("A currency outside the list of 2.6.", "2.6, 15.3")] = (
        "accept"
    )
    success_data: Annotated[Literal["object", "null", "absent"], _about("`data` of a successful answer.", "2.10")] = (
        "object"
    )
    phone_number_in_2_0: Annotated[
        Literal["ignore", "read"],
        _about("`user.phone_number` in a 2.0 body: an unknown field, or a phone.", "3.4"),
    ] = "ignore"
    events_1_0: Annotated[Literal["on", "off"], _about("The 1.0 endpoints; off answers 41001.", "1.2")] = "on"
    regenerate_revokes: Annotated[
        bool, _about("Generating a token in Events Manager revokes the pixel's older ones.", "1.4")
    ] = False
    max_queries_per_second: Annotated[
        int, _about("Requests per sliding second and app (or token); 0 lifts the limit.", "4.6")
    ] = 1_000
    max_queries_per_minute: Annotated[
        int, _about("Per sliding 60 s; a breach closes the door for 5 minutes. 0 lifts it.", "4.6")
    ] = 600_000
    max_queries_per_day: Annotated[
        int, _about("Per UTC day; a breach closes the door until 00:00 UTC. 0 lifts it.", "4.6")
    ] = 86_400_000
    pixel_queries_per_second: Annotated[
        int, _about("Likewise for each pixel or set; TikTok publishes no such limit, so 0 counts alone.", "4.6")
    ] = 0
    marketing_queries_per_second: Annotated[
        int,
        _about("Likewise for pixels, statistics and ad accounts; TikTok's figure depends on the app's level.", "4.6"),
    ] = 20
    marketing_queries_per_minute: Annotated[
        int, _about("Likewise per sliding 60 s; a breach closes the door for 5 minutes. 0 lifts it.", "4.6")
    ] = 600
    marketing_limit_status: Annotated[
        Literal[200, 401, 429], _about("HTTP status of 40100 from those endpoints.", "4.2, 4.6")
    ] = 401
    stale_after_days: Annotated[int, _about("Web events older than this raise a diagnostic.", "2.8, 15.3")] = 7
    offline_max_age_days: Annotated[int, _about("Offline events older than this raise a diagnostic.", "2.8")] = 28
    future_minutes: Annotated[
        int, _about("Events further in the future than this raise a diagnostic.", "2.8, 15.3")
    ] = 10
    processing_delay_seconds: Annotated[int, _about("How long a received event stays out of the counts.", "11.5")] = 0
    pixel_events_refresh_hours: Annotated[
        int, _about("How often `events[]` of the pixel list is refreshed; 0 is at once.", "11.5, 12.2")
    ] = 0
    history_page_views: Annotated[
        bool, _about("The browser script sends a page view when the History API changes the URL.", "9.5")
    ] = True
    identify: Annotated[
        Literal["replace", "merge"],
        _about("Whether `ttq.identify` replaces the identity or adds to it.", "9.3"),
    ] = "replace"
    hash_sent: Annotated[
        Literal["literal", "suggested"],
        _about("Which e-mail the browser hashes when it would suggest a correction.", "9.4b"),
    ] = "literal"
    match_weights: Annotated[
        dict[str, float], _about("Weight of each match key in the estimated match quality.", "11.4")
    ] = msgspec.field(
        default_factory=lambda: {
            "ttclid": 0.25, "email": 0.2, "phone": 0.2, "external_id": 0.1, "ttp": 0.1, "ip_user_agent": 0.15,
        }
    )  # fmt: skip

    @property
    def event_rates(self) -> Rates:
        """The limits of the event endpoints."""
        return Rates(self.max_queries_per_second, self.max_queries_per_minute, self.max_queries_per_day)

    @property
    def pixel_rates(self) -> Rates:
        """The limits of each pixel or set."""
        return Rates(self.pixel_queries_per_second, 0)

    @property
    def marketing_rates(self) -> Rates:
        """The limits of the endpoints around events."""
        return Rates(self.marketing_queries_per_second, self.marketing_queries_per_minute)


def turned(switches: Switches, changes: dict[str, Any]) -> Switches:
    """Return the switches with some turned; `msgspec.ValidationError` names an unknown one or a bad position."""
    return msgspec.convert(msgspec.to_builtins(switches) | changes, Switches, strict=False)


class About(NamedTuple):
    """What a person reads about a switch."""

    name: str
    default: str
    positions: str
    text: str
    source: str


def explained() -> list[About]:
    """Explain every switch, in the order of their definition."""
    defaults = msgspec.to_builtins(Switches())
    hints = get_type_hints(Switches, include_extras=True)
    return [_explain(name, hints[name], defaults[name]) for name in Switches.__struct_fields__]


def _explain(name: str, hint: Any, default: object) -> About:
    kind, meta = get_args(hint)
    literal = get_origin(kind) is Literal
    positions = [json.dumps(each) for each in get_args(kind)] if literal else [_KINDS.get(kind, "JSON")]
    return About(name, json.dumps(default), " or ".join(positions), meta.description, meta.extra["source"])


_KINDS = {bool: "true or false", int: "a whole number"}
