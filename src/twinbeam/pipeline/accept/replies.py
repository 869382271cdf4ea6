"""How the gateway's own dialects are answered: JSON, and problems as RFC 9457 has them."""

import msgspec

from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting
from twinbeam.pipeline.accept.problems import Problem, problem_reply

_ENCODER = msgspec.json.Encoder()
_HEADERS = ((b"content-type", b"application/json"),)


def json_reply(result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
    """Return 202 for what is durable, though a later room may still refuse to send it, or the problem's response."""
    if isinstance(result, Greeting):
        return Reply(200, _HEADERS, b"{}")
    if isinstance(result, Problem):
        return problem_reply(result)
    return Reply(202, _HEADERS, _ENCODER.encode(result))
