"""The outer object of a body, split without looking into its parts, so that a bad part is only its own trouble."""

import msgspec
from msgspec import Raw, ValidationError

from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem

_ENVELOPE = msgspec.json.Decoder(dict[str, Raw])


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
    except ValueError:
        return problem(ProblemCode.BAD_JSON)
