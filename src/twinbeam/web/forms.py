"""What a page's form sent: small, and each field once. The gate has looked at its token already."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_BYTES = 65_536  #: of a form; files have routes of their own
TOKEN = "csrf"  # noqa: S105 -- the name of the hidden field


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises HTTPException 413 where it is too large."""
    found = fields(await read_body(request))
    found.pop(TOKEN, None)
    return found


async def read_body(request: Request) -> bytes:
    """Return the body of a form; raises HTTPException 413 where it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    return body


def fields(body: bytes) -> dict[str, str]:
    """Return the fields in the body of a form; of one that stands twice, the last."""
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:  # more fields than any page of ours has
        raise HTTPException(413) from error
