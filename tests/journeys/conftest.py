"""One browser for the tests of a file, and visits that are looked at when they end."""

import pytest

from browsing import Visit, a_browser


@pytest.fixture(scope="module")
def browser():
    with a_browser() as browser:
        yield browser


@pytest.fixture
def visit(browser):
    """Open pages, and look at the end that none of them complained or fetched anything from elsewhere."""
    visits = []

    def open_page(url, **context):
        visits.append(Visit(browser, url, **context))
        return visits[-1]

    yield open_page
    for opened in visits:
        opened.close()
        assert opened.complaints == []
        origin = "/".join(opened.fetched[0].split("/")[:3])
        assert [url for url in opened.fetched if not url.startswith(f"{origin}/")] == []
