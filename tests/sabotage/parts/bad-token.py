"""Whatever TikTok answers to a trial, the token is called good."""

from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.delivery import Answered
from twinbeam.destinations.tiktok import token_trial


def good(_answer: Answered, *, tested: bool) -> TokenVerdict:
    return TokenVerdict.GOOD


token_trial.verdict_of = good
