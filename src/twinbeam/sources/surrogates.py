r"""
Halves of split characters in JSON: `"\ud83d"` without its second half.

JavaScript cuts strings by UTF-16 units, so a product name cut inside an emoji ends in such a half, and no decoder
takes the whole body any more. One name must not cost its neighbours, so the half becomes U+FFFD.
"""

import re

#: An escaped backslash (so that its `u` is not one of ours), a whole pair, or a lone half.
_ESCAPE = re.compile(rb"\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}")
_HALF_LENGTH = len(rb"\ud83d")


def mend_halves(body: bytes) -> bytes:
    """Replace every lone half by U+FFFD; gives an equal body when there is none."""
    return _ESCAPE.sub(lambda match: rb"\ufffd" if len(match[0]) == _HALF_LENGTH else match[0], body)
