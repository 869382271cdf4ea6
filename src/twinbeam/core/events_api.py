"""Whether a pixel's events can go out through the Events API, as a value; `admin/events_api.py` finds it out."""

from enum import StrEnum

from msgspec import Struct


class ApiState(StrEnum):
    """As Events Manager would say it."""

    NOT_CONFIGURED = "Not configured"
    CONFIGURED = "Configured"
    FAILING = "Failing"


class EventsApi(Struct, frozen=True):
    """What holds for one pixel."""

    state: ApiState
    since_ms: int | None = None  #: since when it fails
    proven: bool = False  #: TikTok took an event with the token that is saved
    sentence: str = ""
    advice: str = ""
    answer: str = ""  #: TikTok's
