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
    JOINED = "joined"
    LEFT_TO_BROWSER = "left_to_browser"
    FOREIGN_HOST = "foreign_host"
    TEST_ORDER = "test_order"
    BOT = "bot"
    ERASURE_ASKED = "erasure_asked"
    PIXEL_REMOVED = "pixel_removed"
    PIXEL_STOPPED = "pixel_stopped"

    @property
    def sentence(self) -> str:
        """One sentence for a person who asks why."""
        return SENTENCES[self]


SENTENCES: dict[Reason, str] = {
    Reason.NO_CONSENT: "The visitor refused the purpose this event needs, so it was not kept or sent.",
    Reason.CONSENT_NOT_SAID: "Nothing that can be read says whether the visitor allows it, and that is needed here.",
    Reason.DENIED_BY_ANOTHER_COPY: "Another copy of the same conversion carried a refusal, and a refusal wins.",
    Reason.UNREADABLE: "The stored event could not be recorded; it is kept, encrypted, for a person to look at.",
    Reason.REFUSED_BY_TIKTOK: "TikTok refused this event by itself; its message is in the attempt log.",
    Reason.DEDUP_WINDOW: (
        "TikTok may already hold a copy and its 48-hour window is about to close: "
        "sending again could count the conversion twice."
    ),
    Reason.TOO_OLD: "It waited more than seven days for a destination that never took it.",
    Reason.PAYLOAD_LOST: "Its stored content can no longer be opened, so there was nothing left to send.",
    Reason.CONSENT_NEVER_SAID: (
        "Permission is required here and nothing said it in time, so it was not sent and its content is unreadable."
    ),
    Reason.NOT_CONFIRMED: "It waits for the shop's server to say that this purchase took place.",
    Reason.NEVER_CONFIRMED: (
        "The shop's server never said that this purchase took place, so it was not sent and its content is unreadable."
    ),
    Reason.CONSENT_CONTESTED: (
        "A browser that named this order refused, and nothing proves whose visit it was. "
        "It is not sent unless the shop's server reports a later grant."
    ),
    Reason.ORDER_REUSED: (
        "The shop's server reported another order under the same number before, of another person or more than "
        "30 days apart. Check it, then send it with `twinbeam release`."
    ),
    Reason.JOINED: "It was found to be the same order as another conversion, and is counted there.",
    Reason.LEFT_TO_BROWSER: "TikTok's own script in the browser reports this event; a second report was not needed.",
    Reason.FOREIGN_HOST: "The page it came from is on a host that is not one of the shop's.",
    Reason.TEST_ORDER: "It was a test, and no test code is on, so nothing was sent.",
    Reason.BOT: "A known crawler reported it, by its user agent; it is no visitor.",
    Reason.ERASURE_ASKED: "Somebody asked to have what is known about them erased; nothing but the count is left.",
    Reason.PIXEL_REMOVED: "Its pixel was removed before it was sent.",
    Reason.PIXEL_STOPPED: "Its pixel was stopped, and not started again within seven days.",
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

    @property
    def sentence(self) -> str:
        """One sentence for a person who asks what it means."""
        return FINDINGS[self]


FINDINGS: dict[Finding, str] = {
    Finding.ID_HEALED: "Two copies of one order came under two ids; they were joined under the one that had fired.",
    Finding.ID_MISMATCH: (
        "Two copies of one order came under two ids, and one had been sent already; the other was not sent."
    ),
    Finding.VALUE_DIFFERS: "Two copies name different values; the shop's server is believed.",
    Finding.CURRENCY_DIFFERS: "Two copies name different currencies; the shop's server is believed.",
    Finding.ORDER_DIFFERS: (
        "The shop's server reported two orders under one event_id; each is sent, the later one under an id of its own."
    ),
    Finding.SENT_TWICE: "Two conversions turned out to be one order after both had been sent.",
    Finding.NAME_DIFFERS: "Two copies spell the event's name differently; it is sent as the browser spells it.",
    Finding.NATIVE_BEFORE_CONSENT: "TikTok's script ran before the tag, and before the visitor's permission.",
    Finding.GATE_VOID: (
        "TikTok's script ran before the tag, which so could not keep purchases from it that do not count yet."
    ),
    Finding.BASE_CODE_NOT_IN_HEAD: "TikTok's base code stands outside the head of the page, so it starts late.",
    Finding.BASE_CODE_TWICE: "TikTok's base code loads one pixel twice on a page.",
    Finding.SEVERAL_PIXELS: "The page loads several pixels; events without a pixel's name go to each of them.",
    Finding.CLICK_LOST: "The visitor gave the permission too late for the tag to find a click of theirs.",
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
