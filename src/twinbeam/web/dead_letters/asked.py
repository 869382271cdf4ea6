"""Which dead letters a page or a form means. Pure; `view.py` serves it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from msgspec import Struct

from twinbeam.admin.errors import Invalid
from twinbeam.core.dead_letters import LetterFilter
from twinbeam.core.rules import MAIN

PATH = "/dead-letters"
_LONGEST = 200  #: of a word in the address
_LONGEST_NUMBER = 18  #: digits; no store reaches as far


class LetterQuestion(Struct, frozen=True):
    """What is asked for, as it stands in the form; what is left empty narrows nothing."""

    workspace: str = MAIN
    pixel: str = ""
    event: str = ""
    code: str = ""
    since: str = ""  #: UTC, such as 2026-11-29T08:00
    until: str = ""
    id: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether nothing but the workspace is said."""
        return not any((self.pixel, self.event, self.code, self.since, self.until, self.id))

    def address(self, before: int | None = None) -> str:
        """Return the address of this list, or of its older part."""
        said = {name: word for name in self.__struct_fields__ if (word := getattr(self, name)) and word != MAIN}
        query = said | ({"before": str(before)} if before else {})
        return f"{PATH}?{urlencode(query)}" if query else PATH

    def asked(self) -> LetterFilter:
        """Return what is meant; raises Invalid with the field and the fix."""
        widest = LetterFilter(self.workspace)
        return LetterFilter(
            self.workspace,
            self.pixel,
            self.event,
            _number("code", self.code),
            widest.since_ms if not self.since else _moment("since", self.since),
            widest.until_ms if not self.until else _moment("until", self.until),
            () if not self.id else (_number("id", self.id) or 0,),
        )


def read_question(said: Mapping[str, str]) -> LetterQuestion:
    """Return what a query or a form says; raises Invalid for a word that is too long."""
    words = {name: said.get(name, "").strip() for name in LetterQuestion.__struct_fields__}
    for name, word in words.items():
        if len(word) > _LONGEST:
            raise Invalid(f"{name}: at most {_LONGEST} characters.")
    return LetterQuestion(**{**words, "workspace": words["workspace"] or MAIN})


def read_before(text: str) -> int | None:
    """Return before which id a list begins; raises Invalid."""
    return _number("before", text)


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise Invalid(f"{name}: write it as a whole number, such as 40002.")
    return int(text)


def _moment(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return max(0, round(moment.timestamp() * 1_000))
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name}: write the time in UTC as 2026-11-29T08:00.") from error
