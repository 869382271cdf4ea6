"""`twinbeam dead-letters`."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from twinbeam.cli.options import workspace_option

if TYPE_CHECKING:
    from twinbeam.admin.dead_letters import JudgedLetter
    from twinbeam.core.dead_letters import LetterFilter, Resend, ResendPreview

_TIMES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group()
def command() -> None:
    """
    List what TikTok refused, and send it again once the cause is mended.

    \b
    Examples:
      twinbeam dead-letters list
      twinbeam dead-letters show 1234
      twinbeam dead-letters resend --code 40002 --since 2026-11-29T08:00
    """  # noqa: D301 -- \b tells click to keep the lines


def _narrowing(function: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--pixel", default="", help="Of this pixel or event set only."),
        click.option("--event", default="", help="Of this event only, such as Purchase."),
        click.option("--code", type=int, help="Refused with this code of TikTok's only."),
        click.option("--since", type=_TIMES, help="Refused at this time (UTC) or later."),
        click.option("--until", type=_TIMES, help="Refused before this time (UTC)."),
        workspace_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command(name="list")
@_narrowing
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
def list_letters(limit: int, **asked: Any) -> None:
    """
    List dead letters, the newest first: number, time, event, pixel, code and message.

    \b
    Examples:
      twinbeam dead-letters list --pixel C4A5B6C7D8E9F0G1H2I3
      twinbeam dead-letters list --code 40002 --limit 500
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import dead_letters
    from twinbeam.app.sending import RESEND_TERMS
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        page = dead_letters.listed(dead_letters.letter_judge(admin, RESEND_TERMS), _asked(**asked), limit=limit)
    if not page.letters:
        click.echo("There is no dead letter.")
    for judged in page.letters:
        click.echo(_line(judged))
    if page.next_id is not None:
        click.echo(f"There are older ones: --limit {limit * 2} shows more.")


@command.command()
@click.argument("number", type=int)
@workspace_option
def show(number: int, workspace: str) -> None:
    """
    Show one dead letter: what TikTok said, why, how to mend it, and whether it can be sent again.

    \b
    Examples:
      twinbeam dead-letters show 1234
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.admin import dead_letters
    from twinbeam.admin.errors import NotFound
    from twinbeam.app.sending import RESEND_TERMS
    from twinbeam.cli.setup import opened_admin
    from twinbeam.cli.visible import visible
    from twinbeam.core.dead_letters import LetterFilter
    from twinbeam.core.error_reference import advice_on

    with opened_admin() as admin:
        reads = dead_letters.letter_judge(admin, RESEND_TERMS)
        found = dead_letters.listed(reads, LetterFilter(workspace, ids=(number,))).letters
    if not found:
        raise NotFound(f"{number} is no dead letter of {workspace}. List them with: twinbeam dead-letters list")
    letter, advice = found[0].letter, advice_on(found[0].letter.code)
    click.echo(_line(found[0]))
    click.echo(f"  TikTok said  {letter.code}: {visible(letter.message)}")
    click.echo(f"  request id   {visible(letter.request_id)}")
    click.echo(f"  cause        {advice.cause}")
    click.echo(f"  what to do   {advice.fix}")
    click.echo(f"  event id     {visible(letter.event_id)}{_order(letter.order_id)}")
    click.echo(f"  send again   {_stays(found[0])}")


@command.command()
@_narrowing
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]...")
def resend(numbers: tuple[int, ...], *, yes: bool, **asked: Any) -> None:
    """
    Send dead letters again: some by their numbers, or all that the options describe.

    First you see how many that is, and how many TikTok's windows or a visitor's word forbid. What is sent keeps its
    event id, so TikTok drops what it has already; what TikTok certainly took nothing of is shaped by its pixel's
    rules of today. Without any option or number, all of the workspace are meant.

    \b
    Examples:
      twinbeam dead-letters resend 1234
      twinbeam dead-letters resend --code 40002 --since "2026-11-29 08:00"
      twinbeam dead-letters resend --pixel C4A5B6C7D8E9F0G1H2I3 --yes
    """  # noqa: D301 -- \b tells click to keep the lines
    from msgspec.structs import replace

    from twinbeam.admin import dead_letters
    from twinbeam.app.sending import RESEND_TERMS
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        meant = replace(_asked(**asked), ids=numbers)
        seen = dead_letters.preview(dead_letters.letter_judge(admin, RESEND_TERMS), meant)
        _tell(seen)
        if not seen.sendable or not (yes or click.confirm(f"Send {seen.sendable} again?")):
            return
        run = dead_letters.resend(admin, meant, RESEND_TERMS)
    click.echo(f"Resend {run.id}: sent while the gateway runs. See: twinbeam dead-letters resends")


@command.command()
@workspace_option
def resends(workspace: str) -> None:
    """
    List what was sent again, the newest first, with how far each resend is.

    \b
    Examples:
      twinbeam dead-letters resends
    """  # noqa: D301 -- \b tells click to keep the lines
    from twinbeam.cli.setup import opened_admin

    with opened_admin() as admin:
        found = admin.store.resends.newest([workspace], limit=50)
    if not found:
        click.echo("Nothing was ever sent again.")
    for run in found:
        click.echo(_run_line(run))


def _asked(
    *, workspace: str, pixel: str, event: str, code: int | None, since: datetime | None, until: datetime | None
) -> "LetterFilter":
    from twinbeam.core.dead_letters import LetterFilter

    asked = LetterFilter(workspace, pixel, event, code)
    since_ms = asked.since_ms if since is None else _ms(since)
    return LetterFilter(workspace, pixel, event, code, since_ms, asked.until_ms if until is None else _ms(until))


def _ms(moment: datetime) -> int:
    from datetime import UTC

    return round(moment.replace(tzinfo=UTC).timestamp() * 1_000)


def _tell(seen: "ResendPreview") -> None:
    from twinbeam.core.dead_letters import stays_because
    from twinbeam.core.money import shown

    click.echo(f"{seen.count:8} dead letters")
    worth = ", ".join(shown(minor, currency) for currency, minor in seen.value.items())
    click.echo(f"{seen.sendable:8} can be sent again{f', worth {worth}' if worth else ''}")
    if seen.shaping:
        click.echo(f"         {seen.shaping}")
    for reason, n in seen.left.items():
        click.echo(f"{n:8} stay: {stays_because(reason)}")


def _line(judged: "JudgedLetter") -> str:
    from twinbeam.cli.visible import visible
    from twinbeam.core.money import shown

    letter = judged.letter
    value = "" if letter.value_minor is None else f"  {shown(letter.value_minor, letter.currency)}"
    told = f"{letter.code}: {visible(letter.message)[:80]}"
    return f"{letter.id:>9}  {_time(letter.refused_ms)}  {visible(letter.event)}  {letter.pixel}{value}  {told}"


def _stays(judged: "JudgedLetter") -> str:
    from twinbeam.core.dead_letters import stays_because

    if judged.stays is not None:
        return f"no: {stays_because(judged.stays)}"
    return f"yes: twinbeam dead-letters resend {judged.letter.id}"


def _order(order_id: str) -> str:
    from twinbeam.cli.visible import visible

    return f", order {visible(order_id)}" if order_id else ""


def _run_line(run: "Resend") -> str:
    from twinbeam.core.dead_letters import stays_because

    far = "done" if run.finished_ms is not None else f"{run.done} of {run.count}"
    left = "".join(f"; {n} stay: {stays_because(reason)}" for reason, n in run.left.items())
    return f"{run.id:>5}  {_time(run.at_ms)}  {run.who}: {far}, {run.sent} sent again{left}"


def _time(ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
