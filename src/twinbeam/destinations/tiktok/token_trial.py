"""
Trying an access token, through the same wire as every delivery; what is asked never counts as an event.

With a test code a real test event goes out, which shows in Events Manager's test page and nowhere else
(tiktok.md 11.6). Without one, the only request that is certain to create nothing is one that TikTok must refuse: an
event without a name, whose id is a number. TikTok was seen to refuse such an id (tiktok.md 2.2), and what has no name
could be counted under none. Whether the right to the pixel is looked at before the events is not known, so a refusal
of the event proves the token and not more (docs/decisions/0027-token-trial.md).
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from msgspec.structs import replace

from twinbeam.admin.token_check import TrialOf, Tried
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.clock import Clock
from twinbeam.core.delivery import Answered, Lane, Lease
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.destinations.tiktok.synthetic_event import synthetic_event
from twinbeam.destinations.tiktok.verdicts import Meaning, meaning
from twinbeam.destinations.tiktok.wire import compose

TIMEOUT_SECONDS = 15.0  #: somebody waits for it

_ACCOUNT = (40001, 40007, 40013, 40300, 40301, 40302)  # permission, no such source, advertiser, its role
_SCOPE = (40003, 40117, 40130)  # forbidden, the app lacks the endpoint, scope not authorised
_APP = (40101, 40112, 40113, 40115, *range(40_118, 40_123), *range(40_124, 40_130), 40131, 41000)
_LIMITED = (40016, 40100, 40132, 40133, 51021, 61000)

#: tiktok.md 4.3: what each code that refuses a token comes to. Any other that is about access is a token of no use.
_REFUSALS: Mapping[int, TokenVerdict] = {
    **dict.fromkeys(_ACCOUNT, TokenVerdict.WRONG_ACCOUNT),
    **dict.fromkeys(_SCOPE, TokenVerdict.WRONG_SCOPE),
    **dict.fromkeys(_APP, TokenVerdict.APP_FORBIDDEN),
    40104: TokenVerdict.EMPTY,
}


async def always() -> bool:
    """Return that any number may be asked."""
    return True


class TikTokTrial:
    """See admin.token_check.TokenTrial for the promises."""

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        *,
        proxy: str = "",
        seconds: float = TIMEOUT_SECONDS,
        may_ask: Callable[[], Awaitable[bool]] = always,
    ) -> None:
        self._client: Callable[[str], TikTok] = lambda token: TikTok(
            base_url=base_url, token=lambda _lane: token, timeout_seconds=seconds, connections=1, proxy=proxy
        )
        self._clock = clock
        self._may_ask = may_ask  # it counts with all other requests of the day

    async def __call__(self, of: TrialOf, token: str) -> Tried:
        """Return what TikTok says of a token; it stands in nothing that is returned."""
        if not await self._may_ask():
            return Tried(TokenVerdict.RATE_LIMITED, message="not asked: the requests of this UTC day are used up")
        client = self._client(token)
        try:
            said = (await client.deliver(trial_request(of, self._clock.now_ms()))).answer
        finally:
            await client.close()
        answer = replace(said, message=said.message.replace(token, "[token]"))
        return Tried(verdict_of(answer, tested=bool(of.test_code)), answer.code, answer.message, answer.request_id)


def trial_request(of: TrialOf, now_ms: int) -> Lease:
    """Return the one request of a trial."""
    lane = Lane(0, of.workspace, of.event_source, of.code, of.test_code)
    event = _test_event(of.event_source, now_ms) if of.test_code else _NAMELESS
    return Lease(batch=0, lane=lane, body=compose(lane, [event]), count=1, attempt=1)


def verdict_of(answer: Answered, *, tested: bool) -> TokenVerdict:
    """Return what an answer says of the token; `tested` where it is one to a real event."""
    if answer.code == 0:
        return TokenVerdict.GOOD if tested else TokenVerdict.UNPROVEN
    if answer.code in _LIMITED or (answer.code is None and answer.status == 429):
        return TokenVerdict.RATE_LIMITED
    match meaning(answer):
        case Meaning.ACCESS:
            return _REFUSALS.get(answer.code or 0, TokenVerdict.EXPIRED)
        case Meaning.LATER:
            return TokenVerdict.UNREACHABLE
        case Meaning.EVENTS if answer.code in _PARAMETERS and not tested:
            return TokenVerdict.UNPROVEN
    return TokenVerdict.UNREACHABLE if answer.status == 0 else TokenVerdict.UNEXPECTED


def verdict_of_code(code: int) -> TokenVerdict:
    """Return what TikTok's answer to a delivery says of the token that it went out with."""
    return verdict_of(Answered(code=code), tested=True)


_PARAMETERS = (40000, 40002, 40700)  # the event is refused, as it must be

#: No name, and an id that is a number: nothing that could be counted.
_NAMELESS = ("", b'{"event_id":0}')


def _test_event(event_source: str, now_ms: int) -> tuple[str, bytes]:
    event = synthetic_event(event_source, now_ms, f"twinbeam-token-test-{now_ms}")
    return event.pop("event"), msgspec.json.encode(event)
