"""
A pytest plugin that sums up the tests of one check, such as `make check-outside`, in a few last lines.

A test belongs to a part of a check by its marker, `@pytest.mark.outside("edge")`, and may hand over a line of figures:
`record_property("figures", "strong: 10000 orders, lost 0, unpermitted 0")`. Parts without such a line are counted; where
several tests of a part hand one over, they stand beside each other.
With SABOTAGE=part only that part runs, and has to fail; where other names break a part too, its marker lists them:
`@pytest.mark.sources("recipes", "ungated")`.
"""

import os
from collections.abc import Iterator

import pytest

#: By check: the lines in their order, and the word under which parts without figures are counted.
LINES = {
    "outside": ("strong", "weak"),
    "truth": ("fields", "phones", "permission", "joins", "raw"),
    "shops": ("retail", "order", "cod-early", "unsigned", "import", "bodies", "refund-sent"),
    "delivery": ("chaos", "limits", "outage", "waiting", "idle", "restore"),
    "house": ("floors", "engines", "identifiers", "homonyms", "citations", "headings", "dialects"),
    "pixels": ("open-route", "bad-token", "journey", "axe", "slowest", "stale-import"),
    "screens": ("issues", "axe", "slowest", "record", "docs"),
    "sources": ("recipes", "shopify pixel", "wordpress", "month"),
}
COUNTED = {
    "outside": "machine",
    "truth": "others",
    "house": "others",
    "pixels": "others",
    "shops": "others",
    "screens": "others",
    "delivery": "others",
}
#: The check of events without code: in its first line one part is counted by its tests, and of others it is said
#: whether they hold; parts with figures of their own follow in lines of their own.
SOURCES = "sources"
BY_TESTS, BY_WORD = ("recipes",), ("shopify pixel", "wordpress")
#: The checks whose figures stand in one line.
IN_ONE_LINE = {"house", "pixels", "screens"}
#: The check of the browser tag, which is summed up by situations instead of parts.
TAG = "tag"
TAG_LIMIT_BYTES = 6_144


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--check", choices=sorted([*LINES, TAG]), default=None, help="run and sum up the tests of this check"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--check"):
        check = config.getoption("--check")
        summing = {TAG: Situations, SOURCES: Sources}.get(check, Summary)
        config.pluginmanager.register(summing(check))


class Chosen:
    """Keeps the tests of one check, or of its one part that is sabotaged."""

    def __init__(self, check: str) -> None:
        self._check = check

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the tests of this check, or of the one part that is sabotaged."""
        sabotaged = os.environ.get("SABOTAGE")
        kept = [item for item in items if self._part(item) and sabotaged in (None, "", *self._broken_by(item))]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
        for item in kept:
            item.user_properties.append(("part", self._part(item)))

    def _part(self, item: pytest.Item) -> str:
        return next(iter(self._broken_by(item)), "")

    def _broken_by(self, item: pytest.Item) -> tuple[str, ...]:
        """Give the part a test belongs to, and what else it has to notice when it is broken."""
        marker = item.get_closest_marker(self._check)
        return tuple(map(str, marker.args)) if marker else ()


class Summary(Chosen):
    """Collects what the parts of one check come to."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self._passed: dict[str, bool] = {}
        self._figures: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether a part holds so far, and its figures."""
        told = dict(report.user_properties)
        part = str(told.get("part", ""))
        self._passed[part] = self._passed.get(part, True) and not report.failed and not report.skipped
        if "figures" in told:
            lines = self._figures.setdefault(part, [])
            lines += [line] if (line := str(told["figures"])) not in lines else []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
        """Print the lines behind everything else."""
        yield
        counted = [part for part in self._passed if part and part not in self._figures]
        for part in sorted(self._passed.keys() - self._figures.keys() - {""}):
            if not self._passed[part]:
                terminalreporter.write_line(f"FAILED: {part}")
        lines = [", ".join(self._figures[part]) for part in sorted(self._figures, key=self._rank)]
        for line in [" · ".join(lines)] if self._check in IN_ONE_LINE else lines:
            terminalreporter.write_line(line)
        if counted:
            held = sum(self._passed[part] for part in counted)
            terminalreporter.write_line(f"{COUNTED[self._check]}: {held} of {len(counted)}")

    def _rank(self, part: str) -> int:
        names = LINES[self._check]
        return names.index(part) if part in names else len(names)


class Sources(Summary):
    """Collects what the recipes, the plugins and the simulated month come to."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self._held: dict[str, dict[str, bool]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether a test of a part holds so far."""
        super().pytest_runtest_logreport(report)
        part = str(dict(report.user_properties).get("part", ""))
        tests = self._held.setdefault(part, {})
        tests[report.nodeid] = tests.get(report.nodeid, True) and not report.failed and not report.skipped

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
        """Print the lines behind everything else."""
        yield
        counted = [
            f"{part} {sum(self._held[part].values())} of {len(self._held[part])}"
            for part in BY_TESTS
            if part in self._held
        ]
        said = [f"{part} {'ok' if self._passed[part] else 'FAILED'}" for part in BY_WORD if part in self._held]
        if counted or said:
            terminalreporter.write_line(" · ".join(counted + said))
        for part in sorted(self._held.keys() - {*BY_TESTS, *BY_WORD, ""}, key=self._rank):
            figures = self._figures.get(part, [])
            if not figures and not self._passed[part]:
                terminalreporter.write_line(f"FAILED: {part}")
            for line in figures:
                terminalreporter.write_line(line)


class Situations(Chosen):
    """Collects what every situation of a page came to: one test each."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self._failed: set[str] = set()
        self._told: dict[str, dict[str, int]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether a situation holds so far, and its figures."""
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)
        figures = {name: value for name, value in report.user_properties if isinstance(value, int)}
        self._told.setdefault(report.nodeid, {}).update(figures)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the last line."""
        sums = {name: sum(told.get(name, 0) for told in self._told.values()) for name in ("early", "early native")}
        size, layered = (
            max((told.get(name, 0) for told in self._told.values()), default=0) for name in ("bytes", "layer bytes")
        )
        held = len(self._told.keys() - self._failed)
        reporter = config.pluginmanager.getplugin("terminalreporter")
        reporter.write_line(
            f"situations {held} of {len(self._told)} · bytes {size} (Brotli, all that Chromium fetched from us "
            f"between landing and thank-you with Consent Mode; limit {TAG_LIMIT_BYTES}) · files with a dataLayer {layered} "
            f"· requests about a visitor before "
            f"consent {sums['early']} · native before consent {sums['early native']}"
        )
