"""GET /pixels/{workspace}/{code}/consent, and the same as a file: words, decisions, contradictions, the banner."""

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.outcomes import Reason
from twinbeam.core.pixel_counts import ConsentWord, CountKind, parted
from twinbeam.core.story import Narrowed
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import Asked, as_date
from twinbeam.web.debugger.asked import NOWHERE
from twinbeam.web.pixel.consent.asked import WordQuestion, arrivals_of, read_words_asked, rows_behind
from twinbeam.web.pixel.consent.platforms import Platform, apart, platforms_of
from twinbeam.web.pixel.consent.words import (
    MOST_ROWS,
    NAMES,
    BannerCheck,
    Contradiction,
    Word,
    banner,
    contradictions,
    said_of,
    words_of,
)
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.frame import Frame, answer, find_frame, place_of
from twinbeam.web.pixel.period import Period, read_period
from twinbeam.web.plots import Slice, stacked
from twinbeam.web.rendering import HEADERS, PageRenderer
from twinbeam.web.sight import seen_by

MOST_LOOKED_AT = 2_000  #: arrivals, the newest: each of them is opened at each view
_COLUMNS = ("day", "event", "channel", "region", "said", "decided", "copies")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ConsentPage(Struct, frozen=True):
    """What the page shows."""

    period: Period
    place: Place
    asked: WordQuestion
    offered: Mapping[str, Sequence[str]]  #: what may be asked for
    words: Sequence[Word]  #: the most frequent of what is asked for
    others: int  #: rows that the file alone has
    events: Sequence[tuple[str, Mapping[str, int]]]  #: by event, what was said
    whole: Mapping[str, int]
    contradictions: Sequence[Contradiction]
    banner: Sequence[BannerCheck]
    platforms: Sequence[Platform]  #: who told of consent, in the arrivals that the debugger keeps

    @property
    def looked_at(self) -> int:
        """Among how many arrivals it was looked for who told of consent."""
        return MOST_LOOKED_AT

    @property
    def apart(self) -> list[str]:
        """Which of them do not say the same."""
        return apart(self.platforms)

    def arrivals(self, word: Word, decided: str) -> str:
        """Return where the copies behind a number are."""
        return arrivals_of(word, decided, self.place)

    def behind(self, it: Contradiction) -> Sequence[tuple[str, str]]:
        """Return where the rows of a contradiction are."""
        return rows_behind(it, self.place, self.period)

    def narrowed(self, **also: str) -> str:
        """Return the query of this page, narrowed further."""
        return replace(self.asked, **also).query(days=self.period.days)

    @property
    def names(self) -> Mapping[str, str]:
        """What the words are called."""
        return NAMES

    def slices(self, said: Mapping[str, int]) -> list[Slice]:
        """Return the parts of a bar."""
        return stacked([(it.replace("_", "-"), said[it]) for it in ConsentWord])

    def tells(self, said: Mapping[str, int]) -> str:
        """Return the bar in words."""
        return ", ".join(f"{NAMES[it]} {said[it]:,}" for it in ConsentWord if said[it])

    @property
    def lists(self) -> list[tuple[str, str]]:
        """Where those stand that consent keeps back, by what the list holds."""
        asked = {
            "declined on arrival": ("dropped", Reason.NO_CONSENT),
            "declined later": ("withdrawn", Reason.NO_CONSENT),
            "waiting for an answer": ("held", Reason.CONSENT_NOT_SAID),
            "no answer in time": ("expired", Reason.CONSENT_NEVER_SAID),
        }
        since = self.period.since_day
        return [
            (name, Asked(kind, self.place, narrowed=Narrowed(reason=reason, since_day=since)).address())
            for name, (kind, reason) in asked.items()
        ]


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with what visitors said."""
    return await answer(renderer, context, request, "consent", partial(_read, request.query_params))


async def as_file(context: RouteContext, request: Request) -> Response:
    """Answer GET /pixels/{workspace}/{code}/consent/csv: every count of the period."""
    period = read_period(request.query_params, context.clock.now_ms())
    read_model, place = seen_by(request, context), place_of(request)

    def found() -> str:
        frame = find_frame(read_model, place, "consent")
        counts = read_model.pixel_reads.beside(
            frame.place, CountKind.CONSENT, since_day=period.since_day, until_day=period.today
        )
        rows = ([as_date(it.day), _plain(it.event), *parted(it.name), it.n] for it in counts)
        text = io.StringIO()
        csv.writer(text).writerows([_COLUMNS, *rows])
        return text.getvalue()

    name = f"consent-{place[1]}.csv"
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(await context.on_reader(found), media_type="text/csv; charset=utf-8", headers=headers)


def _read(query: Mapping[str, str], read_model: ReadModel, frame: Frame, now_ms: int) -> ConsentPage:
    period, reads = read_period(query, now_ms), read_model.pixel_reads
    days = {"since_day": period.since_day, "until_day": period.today}
    whole = words_of(reads.beside(frame.place, CountKind.CONSENT, **days))
    counts = reads.counts(frame.place, **days)
    asked = read_words_asked(query)
    words = [word for word in whole if asked.means(word)]
    events = list(dict.fromkeys(word.event for word in words))
    return ConsentPage(
        period,
        frame.place,
        asked,
        _offered(whole),
        words[:MOST_ROWS],
        len(words[MOST_ROWS:]),
        [(event, said_of(words, event=event)) for event in events],
        said_of(words),
        contradictions(whole, counts),
        banner(whole, counts),
        platforms_of(read_model.sightings.before(None, limit=MOST_LOOKED_AT), frame.place),
    )


def _offered(words: Sequence[Word]) -> Mapping[str, Sequence[str]]:
    """Return what there is to be asked for, by the name of the field."""
    return {
        "event": sorted({word.event for word in words}),
        "channel": sorted({word.channel for word in words}),
        "region": sorted({word.region or NOWHERE for word in words}),
        "said": [word for word in ConsentWord if any(it.said == word for it in words)],
    }


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
