"""Begin and end of alerts, as laws: whatever the values do, an episode begins once, ends at most once, and stands still between both thresholds."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from twinbeam.alerts.judging import GONE_MS, MOST_WATCHED, OTHERS, AlertPhase, AlertSubject, Measurement, Why, judge
from twinbeam.alerts.kinds import KINDS, AlertKind
from twinbeam.alerts.messages import fix_of
from twinbeam.alerts.rules import AlertMute, is_muted, usual, wrong_with

HERE = AlertSubject("main", "C1")
RULE = replace(usual(AlertKind.QUEUE_AGE), raise_at=100, clear_at=50, raise_after_seconds=60, clear_after_seconds=120)
SHARE = replace(usual(AlertKind.ACCEPTED_SHARE), raise_at=90, clear_at=95, raise_after_seconds=0, clear_after_seconds=0)


def nobody(_workspace, _pixel):
    return False


class Watch:
    """Keeps what a store would keep, and what was told."""

    def __init__(self):
        self.state, self.told, self.ids = [], [], 0

    def look(self, rule, readings, now_ms, muted=nobody):
        for change in judge(rule, readings, self.state, now_ms, muted):
            self.state = [it for it in self.state if change.before is None or it.of != change.before.of]
            if change.after is not None:
                self.ids += not change.after.id
                kept = change.after if change.after.id else replace(change.after, id=self.ids)
                self.state.append(kept)
                if change.begins:
                    self.told.append(("began", kept.id, now_ms))
            elif change.why is not None:
                self.told.append(("ended", change.before.id, now_ms))
        return self


def looked(rule, values, *, step_s=60, muted=nobody):
    watch = Watch()
    for n, value in enumerate(values):
        read = None if value is None else [Measurement(HERE, value)]
        watch.look(rule, read, n * step_s * 1_000, muted)
    return watch


VALUES = st.lists(st.one_of(st.none(), st.floats(0, 200)), max_size=60)


@given(VALUES, st.sampled_from([RULE, SHARE]), st.integers(1, 300))
@settings(deadline=None)
def test_each_episode_begins_once_and_ends_at_most_once_after_it(values, rule, step_s):
    watch = looked(rule, values, step_s=step_s)
    began = [number for what, number, _ in watch.told if what == "began"]
    ended = [number for what, number, _ in watch.told if what == "ended"]
    assert len(set(began)) == len(began)
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(began)
    assert [what for what, _, _ in watch.told] == ["began", "ended"] * len(ended) + ["began"] * (
        len(began) - len(ended)
    )


@given(VALUES)
@settings(deadline=None)
def test_an_alert_begins_only_after_its_duration_and_ends_only_after_the_other(values):
    watch, step_ms = looked(RULE, values), 60_000
    for what, _, at_ms in watch.told:
        n = at_ms // step_ms
        if what == "began":
            run = [value for value in values[: n + 1] if value is not None][-2:]
            assert all(value >= RULE.raise_at for value in run)
            assert len(run) == 2
        else:
            assert values[n] is not None
            assert values[n] <= RULE.clear_at


@given(st.lists(st.floats(50.1, 99.9), max_size=30))
def test_between_both_thresholds_nothing_begins_and_nothing_ends(between):
    assert looked(RULE, between).told == []
    assert [what for what, _, _ in looked(RULE, [150, 150, *between]).told] == ["began"]


@given(VALUES)
@settings(deadline=None)
def test_while_it_is_muted_nothing_begins_and_afterwards_what_still_is_so_begins_once(values):
    def muted(_workspace, _pixel):
        return True

    watch = looked(RULE, values, muted=muted)
    assert watch.told == []
    later = (len(values) + 10) * 60_000
    watch.look(RULE, [Measurement(HERE, 150)], later)
    watch.look(RULE, [Measurement(HERE, 150)], later + 60_000)
    assert [what for what, _, _ in watch.told] == ["began"]


def test_an_alert_that_went_on_before_it_was_muted_still_tells_its_end():
    watch = looked(RULE, [150, 150])
    for n in range(2, 6):
        watch.look(RULE, [Measurement(HERE, 0)], n * 60_000, lambda _workspace, _pixel: True)
    assert [what for what, _, _ in watch.told] == ["began", "ended"]


def test_what_is_turned_off_or_out_of_scope_ends_and_what_is_not_read_for_a_day_does():
    for changed in (replace(RULE, on=False), replace(RULE, pixels=("main/C2",))):
        (change,) = judge(changed, [Measurement(HERE, 150)], looked(RULE, [150, 150]).state, 180_000, nobody)
        assert (change.after, change.why) == (None, Why.OFF)
    state = looked(RULE, [150, 150]).state
    assert judge(RULE, [], state, GONE_MS, nobody) == []
    assert judge(RULE, None, state, GONE_MS, nobody) == []
    (change,) = judge(RULE, [], state, GONE_MS + 120_000, nobody)
    assert change.why is Why.GONE


@given(st.sampled_from([RULE, SHARE]), st.integers(0, 400), st.integers(0, 400))
@settings(deadline=None, max_examples=30)
def test_however_many_pixels_are_beyond_the_threshold_a_bounded_number_is_watched(rule, first, then):
    rule, watch = replace(rule, raise_after_seconds=0, clear_after_seconds=0), Watch()
    for round_, n in enumerate((first, then, 0)):
        bad = 0 if KINDS[rule.kind].falls else 200
        good = 100 - bad if KINDS[rule.kind].falls else 0
        readings = [Measurement(AlertSubject("main", f"C{it:06}"), bad if it < n else good) for it in range(400)]
        watch.look(rule, readings, round_ * 60_000)
        assert len(watch.state) <= MOST_WATCHED + 1
        assert (OTHERS in {it.of for it in watch.state}) == (n > MOST_WATCHED)
    assert [it for it in watch.state if it.phase is AlertPhase.OPEN] == []


def test_a_mute_is_for_its_kind_and_pixel_and_ends_by_itself():
    mute = AlertMute(1, AlertKind.DISK, "", "", "moving", 1_000, "ada", 0)
    assert is_muted([mute], AlertKind.DISK, "", "", 999)
    assert not is_muted([mute], AlertKind.DISK, "", "", 1_000)
    assert not is_muted([mute], AlertKind.CLOCK, "", "", 0)
    pixel = replace(mute, kind="", workspace="main", pixel="C1")
    assert is_muted([pixel], AlertKind.QUEUE_AGE, "main", "C1", 0)
    assert not is_muted([pixel], AlertKind.QUEUE_AGE, "main", "C2", 0)
    assert not is_muted([pixel], AlertKind.DISK, "", "", 0)


def test_the_usual_rule_of_each_kind_is_a_right_one_whose_thresholds_lie_apart():
    for kind, its in KINDS.items():
        assert wrong_with(usual(kind)) == ""
        assert its.raise_at != its.clear_at
        assert its.of_pixel or "{part}" not in its.says or kind is AlertKind.TIKTOK_OUTAGE


def test_a_fix_is_typed_with_the_pixel_that_it_is_about():
    def fix(kind, of):
        (step,) = judge(usual(kind), [Measurement(of, 1e6)], [], 1_000, nobody)
        return fix_of(step.after)

    mine, of_client = AlertSubject("main", "C0PIXEL"), AlertSubject("acme", "C0PIXEL")
    assert fix(AlertKind.TOKEN_REFUSED, mine).endswith(": twinbeam pixels token C0PIXEL < token.txt")
    assert fix(AlertKind.TOKEN_REFUSED, OTHERS).endswith(": twinbeam pixels token CODE < token.txt")
    assert fix(AlertKind.DEAD_LETTERS, of_client).endswith(" list --pixel C0PIXEL --workspace acme")
    assert fix(AlertKind.DEAD_LETTERS, OTHERS).endswith(": twinbeam dead-letters list")
