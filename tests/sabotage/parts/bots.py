"""Know no crawler."""

from twinbeam.pipeline.accept import fanout


def nobody(_user_agent: str) -> bool:
    return False


fanout.is_crawler = nobody
