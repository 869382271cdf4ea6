"""Checks of the store: whether it can be read, whether its counts add up, and what it tells of copies."""

from collections.abc import Iterator, Mapping

from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.cli.setup import opened_store
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome
from twinbeam.core.story import Total
from twinbeam.core.wording import utc
from twinbeam.engines.stores.sqlite.store import FILE
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.settings import Settings


def opens(settings: Settings) -> Iterator[CheckResult]:
    """Yield whether the key ring opens what the store holds."""
    if not _is_there(settings):
        yield CheckResult(f"No store {settings.data / FILE} yet; the first use makes one.", is_note=True)
        return
    with opened_store() as store:
        opened = store.opens()
    yield CheckResult(
        "The key ring opens the store." if opened else "The key ring does not open what this store holds.",
        fix="" if opened else "Put back the key ring that belongs to this data folder.",
    )


def jobs(settings: Settings) -> Iterator[CheckResult]:
    """Yield the jobs whose last run failed, or when the last one ran."""
    if not _is_there(settings):
        return
    with opened_store() as store:
        runs = store.jobs.runs()
    for run in runs:
        if run.trouble:
            fix = (
                "Look for upkeep.crashed in the log; docs/howto/operate.md says what to do. All of them: twinbeam jobs"
            )
            yield CheckResult(f"The job {run.name} failed when it ran last: {run.trouble}", fix)
    began = [run.last_ms for run in runs if run.last_ms is not None]
    if began and not any(run.trouble for run in runs):
        yield CheckResult(f"Of the {len(runs)} jobs none failed; the last one ran at {utc(max(began))}.")


def alerts(settings: Settings) -> Iterator[CheckResult]:
    """Yield how many alerts go on, and the channels that do not take them."""
    if not _is_there(settings):
        return
    with opened_store() as store:
        channels, going_on = store.alerts.channels(), sum(it.is_told for it in store.alerts.watched())
    if going_on:
        yield CheckResult(f"Alerts that go on: {going_on}. List them: twinbeam alerts list", is_note=True)
    for it in channels:
        if it.trouble:
            since = f" since {utc(it.trouble_ms)}" if it.trouble_ms is not None else ""
            fix = f"Correct what it says, then try it: twinbeam alerts channels test {it.name}"
            yield CheckResult(f"The channel {it.name} takes no alerts{since}: {it.trouble}", fix)


def adds_up(settings: Settings) -> Iterator[CheckResult]:
    """Hold the counters against the rows, and those that are gone after their time (docs/concepts/accounting.md)."""
    if not _is_there(settings):
        return
    with opened_store() as store, store.one_moment():  # the law holds in every state, not across two
        counts, states, removed = store.totals(by_event=False), store.states(), store.removed()
    yield accounting(counts, states, removed)


def accounting(counts: list[Total], states: Mapping[str, int], removed: Mapping[str, int]) -> CheckResult:
    """Return whether what was recorded is what it came to."""
    counted: dict[str, int] = {}
    for count in counts:
        counted[count.outcome] = counted.get(count.outcome, 0) + count.n
    conversions = sum(n for rows in (states, removed) for state, n in rows.items() if state != State.DROPPED)
    ended = sum(counted.get(outcome, 0) for outcome in Outcome)
    recorded = counted.get("recorded", 0)
    fine = recorded == ended + conversions
    return CheckResult(
        f"Counters agree: recorded {recorded} = conversions {conversions} + other outcomes {ended}."
        if fine
        else f"Counters differ: recorded {recorded}, conversions {conversions}, other outcomes {ended}.",
        fix="" if fine else "Keep a copy of the data folder and report this: it is a bug.",
    )


def copies(settings: Settings) -> Iterator[CheckResult]:
    """Yield what waits and what copies disagree about: worth knowing, and nothing is wrong with the store."""
    if not _is_there(settings):
        return
    with opened_store() as store, store.one_moment():
        counts, states = store.totals(by_event=False), store.states()
    yield CheckResult(f"Conversions held for consent or shop confirmation: {states.get(State.HELD, 0)}.")
    for disagreement in Finding:
        n = sum(count.n for count in counts if (count.outcome, count.reason) == (FINDING, disagreement))
        if n:
            yield CheckResult(f"{disagreement}, {n} times: {disagreement.sentence}")


def quarantine(settings: Settings) -> Iterator[CheckResult]:
    """Count what could not be recorded."""
    if not _is_there(settings):
        return
    with opened_store() as store:
        quarantined = store.quarantined()
    fix = "They are kept, encrypted. Look for record.quarantined in the log, and report what it says."
    yield CheckResult(f"Events that could not be recorded: {quarantined}.", fix=fix if quarantined else "")


def _is_there(settings: Settings) -> bool:
    return (settings.data / FILE).exists()
