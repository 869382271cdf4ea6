"""
GET /v1/conversions: the story of an event, for programs that hold a read key.

What was accepted a moment ago may still lie in a journal. The answer says so, or waits for it.
"""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.story import Attempt, CopySeen, Story
from twinbeam.pipeline.accept.directory import AccessKey
from twinbeam.search import By, Query, find
from twinbeam.web.api.problems import ReadProblem, refusal
from twinbeam.web.contract import RouteContext
from twinbeam.web.wording import amount, reason_sentence, state_sentence

MOST_WAIT_SECONDS = 10.0
NOT_YET = "accepted, not yet recorded"
#: Short beside the time a purchase takes from till to TikTok, long beside what a look-up costs.
_POLL_SECONDS = 0.1


class Told(Struct, frozen=True):
    """One conversion as the API tells it; times in ms since the epoch, `event_time` in seconds as it was sent."""

    id: int
    pixel: str
    event_source: str
    event: str
    event_id: str
    order_id: str
    event_time: int
    received_ms: int
    state: str
    state_sentence: str
    reason: str
    reason_sentence: str
    value: Decimal | None
    currency: str
    channels: list[str]
    consent: str
    source: str
    due_ms: int | None
    settled_ms: int | None
    copies: list[CopySeen]
    attempts: list[Attempt]
    shop: str


class Found(Struct, frozen=True):
    """The answer when something is known."""

    conversions: list[Told]
    lag_seconds: float


class NotYet(Struct, frozen=True):
    """The answer when the event is durable but not recorded."""

    lag_seconds: float
    conversions: list[Told] = []
    state: str = NOT_YET


class ConversionQuery(Struct, frozen=True):
    """What is asked: an id, how it is looked up, and how long its story may take to settle."""

    id: str
    by: By
    wait_seconds: float


class BadQuery(Struct, frozen=True):
    """Why a question cannot be answered."""

    field: str
    message: str


async def tell(context: RouteContext, request: Request) -> Response:
    """Answer GET /v1/conversions."""
    key: AccessKey = request.state.key
    question = read_question(request.query_params)
    if isinstance(question, BadQuery):
        return refusal(ReadProblem.BAD_QUERY, question.message, field=question.field)

    stories = await _waited_for(context, key.workspace, question)
    if not stories and await context.pending(key.workspace, question.id):
        return _json(NotYet(context.lag().lag_seconds))

    stories = stories or await _look(context, key.workspace, question)  # it may have left the journal just now
    if not stories:
        return refusal(ReadProblem.UNKNOWN_CONVERSION)
    return _json(Found([told(story) for story in stories], context.lag().lag_seconds))


def read_question(query: QueryParams) -> ConversionQuery | BadQuery:
    """Read the query: exactly one id, and a wait."""
    ids = [(name, query[name]) for name in (By.EVENT_ID, By.ORDER_ID) if query.get(name)]
    if len(ids) != 1:
        return BadQuery("event_id", "Ask with either event_id or order_id, and not with both.")

    wait = _seconds(query.get("wait", "0"))
    if wait is None:
        return BadQuery("wait", f"wait is a number of seconds from 0 to {MOST_WAIT_SECONDS:.0f}.")
    (name, text) = ids[0]
    return ConversionQuery(text, name, wait)


def told(story: Story) -> Told:
    """Put a story into the words of the API."""
    return Told(
        id=story.id,
        pixel=story.pixel,
        event_source=story.event_source,
        event=story.event,
        event_id=story.event_id,
        order_id=story.order_id,
        event_time=story.event_time,
        received_ms=story.received_ms,
        state=story.state,
        state_sentence=state_sentence(story.state),
        reason=story.reason,
        reason_sentence=reason_sentence(story.reason),
        value=amount(story.value_minor, story.currency),
        currency=story.currency,
        channels=story.channels,
        consent=story.consent,
        source=story.source,
        due_ms=story.due_ms,
        settled_ms=story.settled_ms,
        copies=story.copies,
        attempts=story.log,
        shop=story.shop,
    )


async def _waited_for(context: RouteContext, workspace: str, question: ConversionQuery) -> list[Story]:
    """Look until everything found is settled or the time is up."""
    deadline = context.clock.monotonic() + question.wait_seconds
    while True:
        stories = await _look(context, workspace, question)
        if _settled(stories) or context.clock.monotonic() >= deadline or context.closing():
            return stories
        await asyncio.sleep(_POLL_SECONDS)


async def _look(context: RouteContext, workspace: str, question: ConversionQuery) -> list[Story]:
    query = Query(workspace, question.by, question.id)
    return await context.on_reader(partial(find, context.read_model, query))


def _settled(stories: Sequence[Story]) -> bool:
    return bool(stories) and not any(State(story.state) in UNSENT for story in stories)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= MOST_WAIT_SECONDS else None


_encode = msgspec.json.Encoder(decimal_format="number").encode


def _json(answer: Found | NotYet) -> Response:
    return Response(_encode(answer), headers={"cache-control": "no-store"}, media_type="application/json")
