"""`twinbeam find`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from shlex import quote

import click

from twinbeam.cli.options import json_option, workspace_option
from twinbeam.cli.visible import all_visible, visible
from twinbeam.core.errors import ConfigError
from twinbeam.core.lifecycle import State
from twinbeam.core.money import shown
from twinbeam.core.outcomes import Reason
from twinbeam.core.story import Story

#: Why an accepted event goes no further (docs/concepts/routes.md).
_IGNORED = (Reason.LEFT_TO_BROWSER, Reason.TEST_ORDER, Reason.STAGING, Reason.FOREIGN_HOST, Reason.BOT)

_ENDED = {"start": "started", "resume": "resumed"}
_PROMPTS = {"email": "E-mail", "phone": "Phone", "customer_id": "Customer id", "click_id": "Click id"}
_WHAT = {
    "event_id": "an event id",
    "order_id": "an order id",
    "email": "an e-mail address",
    "phone": "a phone number with its country code, such as +4915112345678",
    "customer_id": "a customer id",
    "click_id": "a click id, which has 20 characters or more",
}


@click.command()
@click.option("--event-id", help="The event_id, as it was sent or derived.")
@click.option("--order-id", help="The shop's order number.")
@click.option("--email", help="A customer's e-mail address; - asks for it, so that your shell does not keep it.")
@click.option("--phone", help="A customer's phone number with its country code; - asks for it.")
@click.option("--customer-id", help="The shop's number of a customer, as events bear it in external_id; - asks for it.")
@click.option("--click-id", help="TikTok's click id (ttclid); - asks for it.")
@workspace_option
@json_option
def command(*, workspace: str, as_json: bool, **given: str | None) -> None:
    """
    Show what became of an event: its copies, the decision, each attempt and TikTok's answer.

    \b
    Examples:
      twinbeam find --order-id 1001
      twinbeam find --event-id order-1001 --json
      twinbeam find --email -
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.core.values import plain

    stories = _found(workspace, given)
    resting = _resting(workspace)
    if as_json:
        click.echo(json.dumps([plain(story) for story in stories]))
    elif not stories:
        click.echo(_order_alone(workspace, given.get("order_id")) or _why_nothing(_ignored_on_arrival(workspace)))
    else:
        click.echo("\n\n".join(_told(all_visible(story), goes_on=resting.get(story.pixel, "")) for story in stories))
    raise SystemExit(0 if stories else 1)


def _found(workspace: str, given: Mapping[str, str | None]) -> list[Story]:
    from twinbeam.admin.workspaces import known
    from twinbeam.cli.setup import opened_admin, opened_store
    from twinbeam.search import PERSONAL, By, Query, find, is_readable

    asked = [(By(name), text) for name, text in given.items() if text]
    if len(asked) != 1:
        raise ConfigError(f"Say what to find: one of {', '.join(f'--{by}'.replace('_', '-') for by in By)}.")
    by, text = asked[0]
    if by in PERSONAL and text == "-":
        text = click.prompt(_PROMPTS[by], err=True)
    if not is_readable(by, text):
        raise ConfigError(f"This is not {_WHAT[by]}.")
    with opened_admin() as admin:
        known(admin, workspace)
    with opened_store() as store:
        return find(store, Query(workspace, by, text))


def _order_alone(workspace: str, number: str | None) -> str:
    """Return what to read of an order of which no event came; an empty text where the ledger does not know it."""
    from twinbeam.admin.workspaces import meant_for
    from twinbeam.cli.setup import opened_store
    from twinbeam.search import orders_under

    with opened_store() as store:
        known = orders_under(store.orders, [workspace], number or "")
    if not known:
        return ""
    command = f"twinbeam orders show {quote(visible(known[0].order_id))}{meant_for(workspace)}"
    return f"No event came of this order; its shop told of it:  {command}"


def _resting(workspace: str) -> dict[str, str]:
    """Return this workspace's pixels to which nothing is sent, by their codes: each with the command that ends it."""
    from twinbeam.cli.setup import opened_store

    with opened_store() as store:
        rows = [row for row in store.pixels() if row.workspace == workspace]
    paused = {row.code: "resume" for row in rows if row.flow is not None and row.flow.mode == "paused"}
    return paused | {row.code: "start" for row in rows if row.stopped is not None}


def _ignored_on_arrival(workspace: str) -> dict[Reason, int]:
    """Return how many events of this workspace were ignored on arrival, by the reason."""
    from twinbeam.cli.setup import opened_store

    with opened_store() as store:
        counts = [count for count in store.totals(by_event=False) if count.workspace == workspace]
    return {reason: sum(count.n for count in counts if count.reason == reason) for reason in _IGNORED}


def _why_nothing(ignored: Mapping[Reason, int]) -> str:
    lines = [
        "Nothing is recorded under this. It may be",
        "  - never sent, or a second old",
        "  - rejected: the answer to the sender says why",
        "  - declined by the visitor: such an event is found by its event id or order id only",
        "  - ignored on arrival, so that nothing of it is stored; in this workspace so far:",
        *(f"    {reason} {n} times: {reason.sentence}" for reason, n in ignored.items()),
    ]
    return "\n".join(lines)


def _told(story: Story, *, goes_on: str) -> str:
    from twinbeam.admin.workspaces import meant_for

    lines = [
        f"{story.event} {story.event_id or '(not kept)'} on {story.pixel}: {story.state}",
        *([f"  why       {Reason(story.reason).sentence}"] if story.reason else []),
        f"  shop      {story.shop}",
        f"  happened  {_time(story.event_time * 1_000)}",
        f"  value     {'none' if story.value_minor is None else shown(story.value_minor, story.currency)}",
        *(
            f"  copy      {_time(copy.received_ms)} {copy.channel} from {copy.source}, {copy.consent}"
            f"{f'; differs: {copy.differs}' if copy.differs else ''}"
            for copy in story.copies
        ),
        *(
            f"  attempt   {_time(attempt.at_ms)} {attempt.state}: {attempt.message or 'no answer yet'}"
            f"{f' (code {attempt.code}, request {attempt.request_id})' if attempt.code is not None else ''}"
            for attempt in story.log
        ),
    ]
    if goes_on and State(story.state) in (State.READY, State.WAITING):
        command = f"twinbeam pixels {goes_on} {story.pixel}{meant_for(story.workspace)}"
        lines.append(f"  next      when its pixel is {_ENDED[goes_on]}: {command}")
    elif story.due_ms is not None:
        word = "held      until" if State(story.state) is State.HELD else "next      not before"
        lines.append(f"  {word} {_time(story.due_ms)}")
    return "\n".join(lines)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
