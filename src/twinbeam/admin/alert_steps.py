"""What becomes of alerts as time goes on: judged from facts, told to channels, tried again. For the store's thread."""

from collections.abc import Callable, Sequence

from twinbeam.admin.alert_contract import AlertStore
from twinbeam.alerts.judging import Transition, Watched, judge
from twinbeam.alerts.kinds import AlertKind
from twinbeam.alerts.measures import Measured
from twinbeam.alerts.messages import Around, Message, began, ended
from twinbeam.alerts.retrying import AlertNotice, after_try
from twinbeam.alerts.rules import AlertMute, Rule, is_muted


def take_in(store: AlertStore, now: Measured, link: str) -> int:
    """
    Judge all kinds by what was measured at a moment, and keep what is to be told, in one transaction.

    Returns how many messages there are. What did not change is not written.
    """
    rules, mutes, watched = store.rules(), store.mutes(), store.watched()
    changes = [
        change
        for kind in AlertKind
        for change in _judged(kind, rules[kind], [it for it in watched if it.kind == kind], mutes, now)
    ]
    if not changes:
        return 0

    def around(it: Watched) -> Around:
        return Around(rules[it.kind], link, now.names.get((it.of.workspace, it.of.pixel), ""))

    with store.transaction():
        told = [_carried_out(store, change, around, now.now_ms) for change in changes]
        names = [channel.name for channel in store.channels()]
        notices = [
            AlertNotice(channel=name, message=message, made_ms=now.now_ms, next_ms=now.now_ms)
            for message in told
            for name in names
            if message is not None and rules[AlertKind(message.kind)].tells(name)
        ]
        store.add_notices(notices)
    return len(notices)


def sendable(store: AlertStore, now_ms: int) -> Sequence[AlertNotice]:
    """Return the next message of each channel that may be tried now; none overtakes another."""
    return [it for it in store.heads() if it.next_ms <= now_ms]


def note(store: AlertStore, it: AlertNotice, trouble: str, now_ms: int) -> None:
    """Note how a try went."""
    store.note_try(after_try(it, trouble, now_ms), now_ms)


def _judged(
    kind: AlertKind, rule: Rule, state: Sequence[Watched], mutes: Sequence[AlertMute], now: Measured
) -> list[Transition]:
    def muted(workspace: str, pixel: str) -> bool:
        return is_muted(mutes, kind, workspace, pixel, now.now_ms)

    return judge(rule, now.readings[kind], state, now.now_ms, muted)


def _carried_out(
    store: AlertStore, change: Transition, around: Callable[[Watched], Around], now_ms: int
) -> Message | None:
    """Keep what becomes of an episode; returns what is to be told, if anything is."""
    if change.after is not None:
        kept = store.save(change.after)
        return began(kept, around(kept)) if change.begins else None
    if change.before is None:
        return None
    if change.why is None:
        store.drop(change.before)
        return None
    store.end(change.before, now_ms, change.why)
    return ended(change.before, around(change.before), change.why, now_ms)
