"""Whether a pixel's events can go out through the Events API: no token, a token, or one that TikTok refuses. Pure."""

from twinbeam.admin.token_record import TokenCheck, TokenVerdict
from twinbeam.core.events_api import ApiState, EventsApi
from twinbeam.core.story import LastAnswer, PixelRow


def events_api(row: PixelRow, check: TokenCheck | None, refusal: LastAnswer | None = None) -> EventsApi:
    """
    Return the state of a pixel's Events API.

    `refusal` is TikTok's newest answer to a delivery, where it refuses the token that is saved: it may be newer than
    what is written down of the token.
    """
    if not row.token_from:
        what, fix = "No access token is saved.", "Paste the token that Events Manager generates for this pixel."
        return EventsApi(ApiState.NOT_CONFIGURED, sentence=what, advice=fix)
    if check is not None and check.failing_since_ms is not None:
        return _failing(check, check.failing_since_ms)
    if refusal is not None and (check is None or refusal.at_ms > check.at_ms):
        said = f"code {refusal.code}, {refusal.message}".rstrip(" ,.")
        what, fix = "TikTok refuses the token.", "Save a new token from Events Manager."
        return EventsApi(ApiState.FAILING, refusal.at_ms, sentence=what, advice=fix, answer=said)
    if check is None:
        whose = "It has a token" if row.has_token else "It uses the token of its account"
        return EventsApi(ApiState.CONFIGURED, sentence=f"{whose}, which was not tried yet.")
    verdict = check.verdict
    return EventsApi(ApiState.CONFIGURED, None, check.proven, verdict.sentence, verdict.advice, check.answer)


def _failing(check: TokenCheck, since_ms: int) -> EventsApi:
    verdict: TokenVerdict = check.verdict
    return EventsApi(ApiState.FAILING, since_ms, False, verdict.sentence, verdict.advice, check.answer)
