"""Settings of how many requests TikTok gets."""

from collections.abc import Callable

from twinbeam.sign_in_settings import Variable

_MOST = 86_400_000


def _limit(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError as error:
            raise ValueError("write a whole number") from error
        if not least <= number <= _MOST:
            raise ValueError(f"must be from {least} to {_MOST}")
        return number

    return read


LIMITS = (
    Variable(
        "requests_per_second",
        "1000",
        _limit(1),
        "Requests to the Events API within any second, of all pixels together; TikTok lets an app have 1,000.",
    ),
    Variable("requests_per_minute", "600000", _limit(0), "Likewise within any minute; 0: any number."),
    Variable("requests_per_day", "86400000", _limit(0), "Likewise on a UTC day; 0: any number."),
    Variable(
        "pixel_requests_per_second",
        "100",
        _limit(1),
        "Likewise within any second, of each pixel whose own rules say nothing else.",
    ),
)
