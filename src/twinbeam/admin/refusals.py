"""Whether TikTok refuses the token that a pixel has now."""

from collections.abc import Collection, Iterable

from twinbeam.core.story import LastAnswer, PixelRow

Refusals = dict[tuple[str, str], LastAnswer]


def refusals(answers: Iterable[LastAnswer], access_codes: Collection[int]) -> Refusals:
    """Return those of the newest answers with which TikTok refuses a token, by workspace and pixel."""
    return {(answer.workspace, answer.pixel): answer for answer in answers if answer.code in access_codes}


def refusal_of(row: PixelRow, refused: Refusals) -> LastAnswer | None:
    """Return TikTok's refusal of the token that a pixel has now; one that was saved since has not been tried."""
    answer = refused.get((row.workspace, row.code))
    if answer is None or not row.token_from:
        return None
    return answer if not row.has_token or row.token_ms is None or answer.at_ms >= row.token_ms else None
