"""All checks, and the issues of a pixel by them."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from twinbeam.checks import (
    address_private,
    amount_jump,
    answer_unknown,
    base_code_not_in_head,
    base_code_twice,
    cart_id_missing,
    checkout_repeated,
    consent_contested,
    consent_differs,
    consent_never_said,
    content_ids_missing,
    content_ids_unknown,
    cookies_missing,
    crm_quality_missing,
    currency_differs,
    currency_jump,
    currency_missing,
    currency_unknown,
    custom_name_likely_standard,
    email_invalid,
    event_id_mismatch,
    event_id_reused,
    event_name_invalid,
    event_silent,
    event_time_stale,
    expired,
    external_sender,
    fewer_views_than_carts,
    funnel_step_missing,
    gate_void,
    held_pile_up,
    host_not_listed,
    imported_no_events,
    inactive_despite_traffic,
    ip_missing,
    match_keys_missing,
    name_differs,
    names_look_alike,
    native_before_consent,
    never_confirmed,
    no_conversion_event,
    no_events,
    not_counted,
    old_event_name,
    one_address,
    one_email,
    one_sided,
    order_number_reused,
    order_sent_twice,
    paused,
    personal_data_in_texts,
    phone_invalid,
    pixel_id_wrong,
    placeholder_data,
    rejected,
    rejected_on_arrival,
    reserved_event_name,
    restored,
    server_late,
    server_share_down,
    side_silent,
    sides_never_meet,
    stopped,
    test_code_left_on,
    token_missing,
    token_rejected,
    too_many_requests,
    ttclid_lost_at_checkout,
    ttclid_lost_before_consent,
    unknown_fields,
    value_differs,
    value_missing,
    value_not_number,
    value_zero,
    volume_too_low,
)
from twinbeam.checks.contract import Ends, Issue, PixelCheck, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.records import IssueKey, IssueRecord, Mute, standing
from twinbeam.core.money import in_units

#: A pixel shows what they find in this order, the worst first.
CHECKS: tuple[PixelCheck, ...] = (
    stopped.CHECK,
    paused.CHECK,
    token_missing.CHECK,
    token_rejected.CHECK,
    answer_unknown.CHECK,
    too_many_requests.CHECK,
    inactive_despite_traffic.CHECK,
    held_pile_up.CHECK,
    side_silent.CHECK,
    event_silent.CHECK,
    rejected.CHECK,
    expired.CHECK,
    event_name_invalid.CHECK,
    pixel_id_wrong.CHECK,
    rejected_on_arrival.CHECK,
    event_time_stale.CHECK,
    host_not_listed.CHECK,
    consent_never_said.CHECK,
    never_confirmed.CHECK,
    consent_contested.CHECK,
    consent_differs.CHECK,
    order_number_reused.CHECK,
    restored.CHECK,
    event_id_mismatch.CHECK,
    order_sent_twice.CHECK,
    event_id_reused.CHECK,
    sides_never_meet.CHECK,
    cart_id_missing.CHECK,
    external_sender.CHECK,
    native_before_consent.CHECK,
    gate_void.CHECK,
    base_code_twice.CHECK,
    base_code_not_in_head.CHECK,
    not_counted.CHECK,
    one_sided.CHECK,
    server_share_down.CHECK,
    server_late.CHECK,
    value_missing.CHECK,
    currency_missing.CHECK,
    currency_unknown.CHECK,
    value_not_number.CHECK,
    value_zero.CHECK,
    value_differs.CHECK,
    currency_differs.CHECK,
    amount_jump.CHECK,
    currency_jump.CHECK,
    ttclid_lost_at_checkout.CHECK,
    ttclid_lost_before_consent.CHECK,
    match_keys_missing.CHECK,
    email_invalid.CHECK,
    phone_invalid.CHECK,
    ip_missing.CHECK,
    address_private.CHECK,
    cookies_missing.CHECK,
    content_ids_unknown.CHECK,
    content_ids_missing.CHECK,
    placeholder_data.CHECK,
    one_email.CHECK,
    one_address.CHECK,
    checkout_repeated.CHECK,
    personal_data_in_texts.CHECK,
    no_conversion_event.CHECK,
    funnel_step_missing.CHECK,
    fewer_views_than_carts.CHECK,
    custom_name_likely_standard.CHECK,
    names_look_alike.CHECK,
    name_differs.CHECK,
    old_event_name.CHECK,
    reserved_event_name.CHECK,
    unknown_fields.CHECK,
    crm_quality_missing.CHECK,
    volume_too_low.CHECK,
    test_code_left_on.CHECK,
    imported_no_events.CHECK,
    no_events.CHECK,
)
BY_ID: Mapping[str, PixelCheck] = {check.id: check for check in CHECKS}
_RANK = {weight: place for place, weight in enumerate(Weight)}


class OpenIssue(Struct, frozen=True):
    """An issue that stands, since when, and whether somebody muted it."""

    workspace: str
    pixel: str
    issue: Issue
    since_ms: int
    mute: Mute | None = None

    @property
    def check(self) -> PixelCheck:
        """Return the check that found it."""
        return BY_ID[self.issue.check]


def issues(facts: PixelFacts) -> list[Issue]:
    """List what is wrong with a pixel now, the worst first."""
    return [issue for check in CHECKS if (issue := check.issue(facts)) is not None]


def open_issues(
    facts: PixelFacts, records: Mapping[IssueKey, IssueRecord], mutes: Mapping[IssueKey, Mute]
) -> list[OpenIssue]:
    """List the issues of a pixel that stand: those found now, and those found a moment ago."""
    found = []
    workspace, pixel = facts.pixel.workspace, facts.pixel.code
    for check in CHECKS:
        key = (workspace, pixel, check.id)
        record, issue = records.get(key), check.issue(facts)
        if not standing(record, issue, check, facts.now_ms):
            continue
        since_ms = facts.now_ms if record is None or record.ended_ms is not None else record.since_ms
        told = issue or _fading(check, record)
        found.append(OpenIssue(workspace, pixel, told, since_ms, mutes.get(key)))
    return found


def _fading(check: PixelCheck, record: IssueRecord | None) -> Issue:
    n, worth = (record.count, record.worth) if record is not None else (0, {})
    minutes = Ends.AFTER_AN_HOUR.value // 60_000
    what = f"{check.title}: not found any more. It closes by itself within {minutes} minutes."
    return Issue(check.id, Weight.IDLE, what, "", n, worth)


def urgency(it: OpenIssue) -> tuple[int, Decimal, int]:
    """Return by what issues are sorted: how much they hurt, then money, then how many are affected."""
    worth = Decimal()
    for currency, minor in it.issue.worth.items():
        worth += abs(in_units(minor, currency) or Decimal())
    return _RANK[it.issue.weight], -worth, -it.issue.count
