"""
Every way an arrival or a conversion can end, from closed sets, one sentence each.

The sentences are shown to people (API, dashboard, `twinbeam find`), counted in the store and listed in
docs/reference/outcomes.md; a test keeps the four in step.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one recorded arrival that did not open a conversion of its own."""

    DROPPED = "dropped"
    MERGED = "merged"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    NOTED = "noted"


class Reason(StrEnum):
    """Why an arrival was dropped, or why a conversion ended other than delivered."""

    NO_CONSENT = "no_consent"
    CONSENT_NOT_SAID = "consent_not_said"
    DENIED_BY_ANOTHER_COPY = "denied_by_another_copy"
    UNREADABLE = "unreadable"
    REFUSED_BY_TIKTOK = "refused_by_tiktok"
    DEDUP_WINDOW = "dedup_window"
    TOO_OLD = "too_old"
    PAYLOAD_LOST = "payload_lost"
    CONSENT_NEVER_SAID = "consent_never_said"
    NOT_CONFIRMED = "not_confirmed"
    NEVER_CONFIRMED = "never_confirmed"
    CONSENT_CONTESTED = "consent_contested"
    ORDER_REUSED = "order_reused"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_IGNORED = "order_ignored"
    JOINED = "joined"
    LEFT_TO_BROWSER = "left_to_browser"
    FOREIGN_HOST = "foreign_host"
    TEST_ORDER = "test_order"
    STAGING = "staging"
    BOT = "bot"
    ERASURE_ASKED = "erasure_asked"
    PIXEL_REMOVED = "pixel_removed"
    PIXEL_STOPPED = "pixel_stopped"
    PIXEL_PAUSED = "pixel_paused"
    PAGE_SEEN = "page_seen"
    RESTORED = "restored"
    DISCARDED = "discarded"

    @property
    def sentence(self) -> str:
        """One sentence for a person who asks why."""
        return SENTENCES[self]


SENTENCES: dict[Reason, str] = {
    Reason.RESTORED: (
        "It was restored from a backup more than 47 hours old and may have been sent since. Send or discard it with "
        "`twinbeam restored`."
    ),
    Reason.DISCARDED: "It was restored from an old backup, and its owner decided not to send it.",
    Reason.NO_CONSENT: "The visitor declined advertising consent, so nothing was stored or sent.",
    Reason.CONSENT_NOT_SAID: (
        "Consent is required here, and the event does not say whether the visitor gave it. Send `consent`."
    ),
    Reason.DENIED_BY_ANOTHER_COPY: (
        "Another copy of this conversion says that the visitor declined consent. A refusal wins."
    ),
    Reason.UNREADABLE: ("The stored event could not be read. It is kept, encrypted."),
    Reason.REFUSED_BY_TIKTOK: "TikTok rejected this event. Its message is in the list of attempts.",
    Reason.DEDUP_WINDOW: (
        "TikTok may already have a copy, and its 48-hour deduplication window is about to close. Sending again "
        "could count the conversion twice."
    ),
    Reason.TOO_OLD: "TikTok did not accept it within seven days, and takes no older events.",
    Reason.PAYLOAD_LOST: "The stored content can no longer be decrypted, so it cannot be sent.",
    Reason.CONSENT_NEVER_SAID: (
        "Consent is required here, and none arrived in time. It was not sent, and its content can no longer be read."
    ),
    Reason.NOT_CONFIRMED: (
        "Waiting for the shop's server to report this purchase as far as the pixel's rule `purchase_means` asks, "
        "such as paid."
    ),
    Reason.NEVER_CONFIRMED: (
        "The shop's server did not report this purchase in time as far as the pixel's rule `purchase_means` asks, "
        "such as paid. It was not sent, and its content can no longer be read."
    ),
    Reason.CONSENT_CONTESTED: (
        "A browser named this order and declined consent, and nothing proves whose visit that was. It is sent "
        "only if the shop's server reports consent that was given later."
    ),
    Reason.ORDER_REUSED: (
        "The shop's server reported another order under this number before: of another person, or more than 30 "
        "days apart. Check it, then send it with `twinbeam release`."
    ),
    Reason.ORDER_CANCELLED: "The order was cancelled or refunded before it was sent, so it is no purchase.",
    Reason.ORDER_IGNORED: (
        "The shop's rules leave out orders of this kind, such as drafts or the point of sale. "
        "See `twinbeam sources set`."
    ),
    Reason.JOINED: "It is the same order as another conversion, and is counted there.",
    Reason.LEFT_TO_BROWSER: "TikTok's pixel in the browser reports this event, so the server did not send it again.",
    Reason.FOREIGN_HOST: (
        "The page is not on one of the hosts of this pixel. Add the host with `twinbeam pixels set` if it is yours."
    ),
    Reason.TEST_ORDER: "It is a test, and test mode is off, so it was not sent.",
    Reason.STAGING: (
        "The pixel is for staging, where only tests are sent. Send the event as a test, or set environment=production "
        "with `twinbeam pixels set`."
    ),
    Reason.BOT: "The user agent is a known crawler's, so it was not sent.",
    Reason.ERASURE_ASKED: "The person asked for erasure. Only the count is left.",
    Reason.PIXEL_REMOVED: "The pixel was removed before the event was sent.",
    Reason.PIXEL_STOPPED: "It had waited for seven days, and its pixel was stopped at that time.",
    Reason.PIXEL_PAUSED: "It had waited for seven days, and its pixel was paused or drained at that time.",
    Reason.PAGE_SEEN: "The tag told that a page was opened. Page views are left to TikTok's script.",
}


class Finding(StrEnum):
    """What copies of one conversion disagree about, or a tag found on its page; counted and shown, nothing is lost."""

    ID_HEALED = "id_healed"
    ID_MISMATCH = "id_mismatch"
    VALUE_DIFFERS = "value_differs"
    CURRENCY_DIFFERS = "currency_differs"
    NAME_DIFFERS = "name_differs"
    ORDER_DIFFERS = "order_differs"
    SENT_TWICE = "sent_twice"
    NATIVE_BEFORE_CONSENT = "native_before_consent"
    GATE_VOID = "gate_void"
    BASE_CODE_NOT_IN_HEAD = "base_code_not_in_head"
    BASE_CODE_TWICE = "base_code_twice"
    SEVERAL_PIXELS = "several_pixels"
    CLICK_LOST = "click_lost"
    NATIVE_BLOCKED = "native_blocked"

    @property
    def sentence(self) -> str:
        """One sentence for a person who asks what it means."""
        return FINDINGS[self]


FINDINGS: dict[Finding, str] = {
    Finding.ID_HEALED: (
        "Browser and server used different event ids for one order. They were merged under the id that had fired."
    ),
    Finding.ID_MISMATCH: (
        "Browser and server used different event ids for one order, and one was already sent. The other was not sent."
    ),
    Finding.VALUE_DIFFERS: "Browser and server report different values. The server's is used.",
    Finding.CURRENCY_DIFFERS: "Browser and server report different currencies. The server's is used.",
    Finding.ORDER_DIFFERS: (
        "The shop's server reported two orders under one event_id. Both are sent; the later one gets an id of its own."
    ),
    Finding.SENT_TWICE: "Two conversions turned out to be one order after both had been sent. TikTok counts it twice.",
    Finding.NAME_DIFFERS: "Browser and server spell the event's name differently. It is sent as the browser spells it.",
    Finding.NATIVE_BEFORE_CONSENT: ("TikTok's pixel ran before the visitor gave consent."),
    Finding.GATE_VOID: (
        "TikTok's pixel ran before the tag, so it may report purchases that do not count yet. Put the tag above "
        "TikTok's base code."
    ),
    Finding.BASE_CODE_NOT_IN_HEAD: "TikTok's base code is not in the page's head, so it starts late.",
    Finding.BASE_CODE_TWICE: "TikTok's base code loads the same pixel twice on one page.",
    Finding.SEVERAL_PIXELS: "The page loads several pixels. Events that name no pixel go to all of them.",
    Finding.CLICK_LOST: "The visitor gave consent after leaving the landing page, so the click id was lost.",
    Finding.NATIVE_BLOCKED: "TikTok's own script was blocked in the browser, so only Twinbeam reports the event.",
}

#: What a tag may find; another word of its is none.
OBSERVATIONS = frozenset(
    {
        Finding.NATIVE_BEFORE_CONSENT,
        Finding.GATE_VOID,
        Finding.BASE_CODE_NOT_IN_HEAD,
        Finding.BASE_CODE_TWICE,
        Finding.SEVERAL_PIXELS,
        Finding.CLICK_LOST,
    }
)
