"""
What is not known about TikTok, point by point: which probe asks it, how its answer is read, and what the emulator does.

The emulator is a reading of its own, and nothing of it is imported here: its switches stand here by name, with the
position that each has without being turned; a test compares both.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

Position = Any
"""What a switch can be set to: a word, a number, true, false or a list of words."""


class Said(Struct, frozen=True):
    """What came back to one probe."""

    status: int = 0  #: HTTP status; 0 where no answer came
    code: int | None = None
    message: str = ""
    request_id: str = ""
    data: str = ""  #: object, null, absent or other: what stands in the envelope beside the code
    retry_after: str = ""

    @property
    def words(self) -> str:
        """The answer in one line."""
        if not self.status:
            return f"no answer: {self.message}"
        code = f"code {self.code}" if self.code is not None else "no code"
        return f"HTTP {self.status}, {code}, {self.message}".rstrip(" ,.")


Read = Callable[[Said], Position | None]
"""The position that an answer stands for, or None where it stands for none."""


class Point(Struct, frozen=True):
    """One thing that the documents leave open."""

    name: str
    question: str
    section: str  #: of the facts about TikTok
    probe: str
    read: Read
    stance: Position  #: what the emulator does without a switch turned
    switch: str = ""  #: of the emulator; empty where it has none for it
    by_hand: str = ""  #: what to look at in Events Manager, where no answer tells
    read_all: Callable[[Mapping[str, Said]], Position | None] | None = None  #: where it takes more than one answer

    def position(self, answers: Mapping[str, Said]) -> Position | None:
        """Return what the answers, by their probes, say of this point; None where they fit nothing."""
        return self.read_all(answers) if self.read_all is not None else self.read(answers[self.probe])


def _codes(positions: dict[int, Position]) -> Read:
    return lambda said: positions.get(said.code) if said.code is not None else None


def _taken(said: Said) -> Position | None:
    return {0: "accept", 40002: "refuse"}.get(said.code) if said.code is not None else None


def _status_mode(said: Said) -> Position | None:
    if not said.code:
        return None
    return "always200" if said.status == 200 else "portal" if 400 <= said.status < 500 else None


def _grammar(said: Said) -> Position | None:
    if re.match(r"data\.1\.event_id: ", said.message):
        return "path"
    return "field" if re.match(r"Invalid value for event_id: ", said.message) else None


def _path(said: Said) -> Position | None:
    if said.code == 0:
        return "accept"
    return "refuse" if said.code == 40400 or said.status in (301, 307, 308, 404) else None


def _code(said: Said) -> Position | None:
    return said.code


def _nothing(_said: Said) -> Position | None:
    return None


def _flag(said: Said) -> Position | None:
    """Whether what was left out is required."""
    return {0: False, 40002: True}.get(said.code) if said.code is not None else None


_ACCEPTED = "accept"


def _by_hand(name: str, question: str, section: str, probe: str, switch: str, look: str, stance: Position) -> Point:  # noqa: PLR0913, PLR0917
    return Point(name, question, section, probe, _nothing, stance, switch, look)


def _of_a_token(probe: str, question: str, section: str, code: int) -> Point:
    """Return a point about a refused token: the code, and the status only where it is not as with other refusals."""

    def read_all(answers: Mapping[str, Said]) -> Position | None:
        said, usual = answers[probe], 200 if _status_mode(answers["bad-id"]) == "always200" else 401
        if said.code is None:
            return None
        return str(said.code) if said.status == usual else f"{said.code} with HTTP {said.status}"

    return Point(probe, question, section, probe, _nothing, str(code), read_all=read_all)


POINTS: tuple[Point, ...] = (
    Point(
        "success", "What is `data` of a success?", "2.10", "plain", lambda it: it.data or None, "object", "success_data"
    ),
    Point(
        "status",
        "Which HTTP status comes with a refusal?",
        "15.3",
        "bad-id",
        _status_mode,
        "portal",
        "http_status_mode",
    ),
    Point("number-id", "Is an `event_id` that is a number refused?", "2.2", "bad-id", _taken, "refuse"),
    Point(
        "one-bad",
        "Does one bad event refuse the whole batch?",
        "4.4",
        "one-bad",
        _codes({40002: "refuse_all", 20001: "partial"}),
        "refuse_all",
        "bad_event_in_batch",
    ),
    Point("grammar", "How is a 40002 worded?", "15.3", "one-bad", _grammar, "path", "message_grammar"),
    Point(
        "time-text",
        "Is an `event_time` that is a text refused, or stamped?",
        "2.8",
        "time-text",
        _codes({0: "stamp", 40002: "refuse"}),
        "refuse",
        "event_time_type",
    ),
    Point("time-ms", "Is an `event_time` in milliseconds taken?", "2.8", "time-ms", _taken, _ACCEPTED),
    Point("time-old", "Is an event of 40 days ago taken?", "15.3", "time-old", _taken, _ACCEPTED),
    Point("time-future", "Is an event in 2 hours taken?", "15.3", "time-future", _taken, _ACCEPTED),
    Point(
        "unhashed",
        "Are identifiers that are not hashed taken?",
        "6.5",
        "unhashed",
        _codes({0: "accept", 40062: "refuse"}),
        "accept",
        "unhashed_identifiers",
    ),
    Point(
        "user-type", "Is a `user` field of a wrong type refused?", "2.3", "user-type", _taken, "refuse", "user_types"
    ),
    Point("empty", "Are empty strings and lists the same as none?", "15.3", "empty", _taken, _ACCEPTED),
    Point(
        "property-type",
        "Is a property of a wrong type refused?",
        "2.4",
        "property-type",
        _taken,
        "accept",
        "property_types",
    ),
    Point(
        "content-id",
        "Is a `content_id` that is a number refused?",
        "2.5",
        "content-id",
        _taken,
        "refuse",
        "content_id_type",
    ),
    Point("currency", "Is an unknown currency refused?", "15.3", "currency", _taken, "accept", "currency"),
    Point("page", "Must a web event have a `page`?", "15.2", "no-page", _flag, stance=False, switch="page_required"),
    Point("user", "Must a web event have a `user`?", "15.2", "no-user", _flag, stance=False, switch="user_required"),
    Point("custom-bad", "Is a custom name against the rule refused?", "2.9", "custom-bad", _taken, _ACCEPTED),
    Point(
        "limited",
        "Is `limited_data_use` refused on an event set?",
        "2.2",
        "limited",
        _codes({0: "ignore", 40002: "refuse"}),
        "ignore",
        "limited_data_use_offline",
    ),
    Point("long-id", "Is an `event_id` of 300 characters taken?", "15.3", "long-id", _taken, _ACCEPTED),
    Point(
        "partner",
        "Is an unknown `partner_name` refused?",
        "2.1",
        "partner",
        _codes({0: [], 40063: ["GoogleTagManagerServer"]}),
        [],
        "partner_names",
    ),
    Point("unknown-field", "Is a field that nobody knows taken?", "2.1", "unknown-field", _taken, _ACCEPTED),
    Point("no-events", "Which code has a request without events?", "2.1", "no-events", _code, 40002),
    Point(
        "bad-source",
        "Which code has an event source that cannot be one?",
        "15.3",
        "bad-source",
        _codes({40001: 40001, 40002: 40002}),
        40002,
        "malformed_source_code",
    ),
    Point(
        "order",
        "Is the right to the pixel looked at before the events?",
        "4.2",
        "order",
        _codes({40001: "before", 40002: "after"}),
        "before",
        "permission_checked",
    ),
    Point("no-slash", "Does the path work without its slash?", "1.2", "no-slash", _path, "accept", "slashless_paths"),
    Point(
        "events-1-0",
        "Is Events API 1.0 still served?",
        "1.2",
        "events-1-0",
        _codes({0: "on", 40001: "on", 40002: "on", 41001: "off", 40400: "off"}),
        "on",
        "events_1_0",
    ),
    _of_a_token("no-token", "What is a missing token answered with?", "1.3", 40104),
    _of_a_token("wrong-token", "What is a wrong token answered with?", "4.3", 40105),
    Point(
        "too-many",
        "Which code have too many events in one request?",
        "2.1",
        "too-many",
        _codes({40002: 40002, 40061: 40061}),
        40002,
        "batch_size_code",
    ),
    _by_hand(
        "case",
        "Does the case of `event_id` matter?",
        "15.3",
        "case",
        "event_id_case",
        "Test events: are Twinbeam-Case and twinbeam-case shown as two events?",
        "sensitive",
    ),
    _by_hand(
        "names",
        "Is a name converted before repeats are looked for?",
        "15.3",
        "names",
        "canonical_names",
        "Test events: is CompletePayment shown under its own name, or as a second Purchase?",
        stance=True,
    ),
    _by_hand(
        "phone-number",
        "Is `user.phone_number` read as a phone?",
        "3.4",
        "phone-number",
        "phone_number_in_2_0",
        "Test events: does the event that has it show a phone?",
        "ignore",
    ),
    _by_hand(
        "counting",
        "Do test events stay out of the actual data?",
        "11.6",
        "plain",
        "test_events_count",
        "Overview, in an hour: do the counts include the rehearsal?",
        stance=False,
    ),
)


def _crm_names(answers: Mapping[str, Said]) -> Position | None:
    taken = (_taken(answers["custom"]), _taken(answers["standard"]))
    known = {("accept", "accept"): "any", ("accept", "refuse"): "custom", ("refuse", "accept"): "standard"}
    return next((position for pair, position in known.items() if pair == taken), None)


_NAMES_OFFLINE = _codes({0: "diagnose", 40002: "refuse"})

#: Which names an event set takes depends on its kind.
SET_POINTS: dict[str, tuple[Point, ...]] = {
    "web": (Point("custom", "Is a custom event name taken?", "2.9", "custom", _taken, _ACCEPTED),),
    "offline": (
        Point(
            "offline-names", "Are custom names refused?", "2.2", "custom", _NAMES_OFFLINE, "diagnose", "offline_names"
        ),
    ),
    "crm": (
        Point("crm-names", "Which names are taken?", "15.2", "custom", _nothing, "any", "crm_names", "", _crm_names),
    ),
}

NOT_ASKED: dict[str, str] = {
    "retry_after_seconds": "Seen only by whoever sends too much.",
    "unknown_test_code": "An event under a code that nobody made could count.",
    "regenerate_revokes": "It would take generating a token.",
}
