"""What a page's form sent: small, and each field once."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_BYTES = 65_536  #: of a form; files have routes of their own


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises HTTPException 413 where it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))
