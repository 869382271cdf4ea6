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

    @property
    def sentence(self) -> str:
        """One sentence for a person who asks why."""
        return SENTENCES[self]


SENTENCES: dict[Reason, str] = {
    Reason.NO_CONSENT: "The visitor refused the purpose this event needs, so it was not kept or sent.",
    Reason.CONSENT_NOT_SAID: "Nothing said whether the visitor allows it, and this pixel requires permission.",
    Reason.DENIED_BY_ANOTHER_COPY: "Another copy of the same conversion carried a refusal, and a refusal wins.",
    Reason.UNREADABLE: "The stored event could not be recorded; it is kept, encrypted, for a person to look at.",
    Reason.REFUSED_BY_TIKTOK: "TikTok refused this event by itself; its message is in the attempt log.",
    Reason.DEDUP_WINDOW: (
        "TikTok may already hold a copy and its 48-hour window is about to close: "
        "sending again could count the conversion twice."
    ),
    Reason.TOO_OLD: "It waited more than seven days for a destination that never took it.",
    Reason.PAYLOAD_LOST: "Its stored content can no longer be opened, so there was nothing left to send.",
}
