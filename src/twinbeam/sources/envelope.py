"""The outer object of a body and its list, split without looking into the parts: a bad one is only its own trouble."""

import re

import msgspec
from msgspec import Raw, Struct, ValidationError

from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem

_ENVELOPE = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
#: Problems that one part of a list may be the cause of.
MALFORMED = (ProblemCode.BAD_JSON, ProblemCode.BAD_ENCODING)
_PLACE = re.compile(r"\(byte (\d+)\)")  #: how the decoder ends what it says of malformed JSON


def opened(body: bytes, misshapen: ProblemCode) -> dict[str, Raw] | Problem:
    """Split any bytes; `misshapen` is the problem of JSON that is no object."""
    try:
        return _ENVELOPE.decode(body)
    except UnicodeDecodeError:
        return problem(ProblemCode.BAD_ENCODING)
    except ValidationError:
        return problem(misshapen)
    except RecursionError:
        return problem(ProblemCode.BAD_JSON, "The JSON is nested too deeply.")
    except ValueError as error:
        return problem(ProblemCode.BAD_JSON, _where(body, str(error)))


def _where(body: bytes, said: str) -> str:
    """Return where a body stops being JSON, and not what stands there: it may be personal."""
    if not body.strip():
        return "The body is empty."
    found = _PLACE.search(said)
    if found is None:
        return "The JSON breaks off before its end."
    before = body[: int(found[1])]
    line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
    return f"The body stops being JSON in line {line}, near its byte {column}."


class ListLimits(Struct, frozen=True, gc=False):
    """What the list of a body has to be, and the problem of one that is not."""

    field: str
    most: int
    misshapen: ProblemCode  #: it is missing, or no list
    empty: ProblemCode
    too_long: ProblemCode


def listed(envelope: dict[str, Raw], limits: ListLimits) -> list[Raw] | Problem:
    """Split the list that an envelope carries."""
    try:
        parts = _LIST.decode(envelope.get(limits.field, Raw(b"null")))
    except ValueError:
        return problem(limits.misshapen, field=limits.field)
    if not parts:
        return problem(limits.empty, field=limits.field)
    return problem(limits.too_long, field=limits.field) if len(parts) > limits.most else parts
