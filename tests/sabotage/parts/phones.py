"""A national number keeps its trunk prefix behind the country code."""

from twinbeam.pipeline.identity import phone
from twinbeam.pipeline.identity.national import calling_code_of


def _with_trunk(text: str, region: str | None) -> str | None:
    return f"+{calling_code_of(region)}{text}" if text.isdecimal() and region else None


phone.plain_national_e164 = _with_trunk
