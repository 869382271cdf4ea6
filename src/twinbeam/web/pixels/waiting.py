"""Why what waits for a pixel is not sent now, and what to do, in words. Pure."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from twinbeam.checks.facts import PixelFacts
from twinbeam.core.sending_waits import SendingWait, WaitCause
from twinbeam.core.wording import flowing_since, since_when


class Waiting(Struct, frozen=True):
    """What the page says of it: `why`, then until when where that is known, then what to do."""

    n: int
    why: str
    what_to_do: str
    until_ms: int | None = None


def waiting(facts: PixelFacts, wait: SendingWait | None) -> Waiting | None:
    """Return why a pixel's conversions wait; None where none does, or nothing is known to keep them."""
    if not (n := facts.week.waiting):
        return None
    if (stopped := facts.pixel.stopped) is not None:
        return Waiting(n, f"stopped {since_when(stopped)}", "Start the pixel to send them; after 7 days they expire.")
    if (flow := facts.pixel.flow) is not None:
        return Waiting(n, f"{flow.mode} {flowing_since(flow)}", _FLOWING[flow.mode])
    if wait is None:
        return None
    why, what_to_do = _WORDS[wait.cause](wait)
    return Waiting(n, why, what_to_do, None if wait.cause is WaitCause.SECOND else wait.until_ms)


_FLOWING: Mapping[str, str] = {
    "paused": "Resume to send all of them, or drain to send what waits now; after 7 days they expire.",
    "draining": "What came since then waits. Resume to send it; after 7 days it expires.",
}


def _too_many(wait: SendingWait) -> tuple[str, str]:
    whom = "all pixels" if wait.of_all else "this pixel"
    why = f"TikTok answered {_answer(wait)}, too many requests, so nothing is sent to {whom}"
    return why, "Nothing to do: sending goes on by itself. If this comes back, set lower limits."


def _failed(wait: SendingWait) -> tuple[str, str]:
    why = f"TikTok answered {_answer(wait)}" if wait.code or wait.status else "TikTok could not be reached"
    return f"{why}, so nothing is sent", "Nothing to do: the next try comes by itself."


def _limited(wait: SendingWait) -> tuple[str, str]:
    one = "1 request" if wait.limit == 1 else f"{wait.limit:,} requests"
    span = "on a UTC day" if wait.cause is WaitCause.DAY else f"a {wait.cause}"
    if wait.of_all:
        return (
            f"the limit of {one} {span} for all pixels is reached",
            f"They are sent as it allows. If they become more, an operator can raise TWINBEAM_{_SETTINGS[wait.cause]}.",
        )
    why = f"the limit of {one} {span} of this pixel is reached"
    return why, "They are sent as it allows. If they become more, raise the limit."


def _answer(wait: SendingWait) -> str:
    return f"code {wait.code}" if wait.code is not None else f"HTTP {wait.status}"


_SETTINGS: Mapping[WaitCause, str] = {
    WaitCause.SECOND: "REQUESTS_PER_SECOND",
    WaitCause.MINUTE: "REQUESTS_PER_MINUTE",
    WaitCause.DAY: "REQUESTS_PER_DAY",
}
_WORDS: Mapping[WaitCause, Callable[[SendingWait], tuple[str, str]]] = {
    WaitCause.TOO_MANY: _too_many,
    WaitCause.FAILED: _failed,
    WaitCause.SECOND: _limited,
    WaitCause.MINUTE: _limited,
    WaitCause.DAY: _limited,
}
