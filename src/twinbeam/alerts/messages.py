"""What a channel is told: in words of ours and numbers, with names that owners chose; never what a visitor sent."""

from msgspec import Struct

from twinbeam.alerts.judging import OTHERS, AlertSubject, Watched, Why
from twinbeam.alerts.kinds import KINDS, AlertKind
from twinbeam.alerts.rules import Rule
from twinbeam.core.wording import workspace_option

BEGAN, ENDED, TEST = "alert.began", "alert.ended", "alert.test"

_WHY = {
    Why.OFF: "Its rule was turned off, or is no longer for this pixel.",
    Why.GONE: "Nothing was read of it for a day, so it is no longer watched.",
}
_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))


class Message(Struct, frozen=True, kw_only=True):
    """One message; a receiver drops what it knows by its id."""

    id: str
    type: str
    at_ms: int
    title: str
    text: str
    fix: str = ""
    link: str = ""
    kind: str = ""
    alert: int = 0
    workspace: str = ""
    pixel: str = ""
    part: str = ""
    value: float = 0
    threshold: float = 0
    unit: str = ""
    since_ms: int = 0
    ended_ms: int | None = None

    @property
    def is_end(self) -> bool:
        """Return whether it says that something is over."""
        return self.type == ENDED


class Around(Struct, frozen=True):
    """What a message says beside the alert: its rule, the address of the pages, and the pixel's name."""

    rule: Rule
    link: str
    name: str = ""


def began(it: Watched, around: Around) -> Message:
    """Return the message that an alert began."""
    its = KINDS[it.kind]
    says = _others(it) if it.of == OTHERS else its.says.format(value=spelled(it.value, its.unit), part=it.of.part)
    return _about(it, around, type_=BEGAN, at_ms=it.began_ms, text=says)


def ended(it: Watched, around: Around, why: Why, at_ms: int) -> Message:
    """Return the message that an alert ended."""
    its = KINDS[it.kind]
    back = "None of the others is left." if it.of == OTHERS else its.ended.format(part=it.of.part)
    return _about(it, around, type_=ENDED, at_ms=at_ms, text=_WHY.get(why, back), ended_ms=at_ms)


def tried(channel: str, at_ms: int, link: str) -> Message:
    """Return a message that tries a channel."""
    return Message(
        id=f"test_{channel}_{at_ms}",
        type=TEST,
        at_ms=at_ms,
        title="Test message",
        text="This is a test message of Twinbeam. Alerts will come here.",
        link=f"{link}/alerts",
    )


def fix_of(it: Watched) -> str:
    """Return what to do about an alert, with its pixel in what is to be typed."""
    if not (code := it.of.pixel):
        return KINDS[it.kind].fix.format(pixel="CODE", of_pixel="")
    option = workspace_option(it.of.workspace)
    return KINDS[it.kind].fix.format(pixel=f"{code}{option}", of_pixel=f" --pixel {code}{option}")


def place_of(of: AlertSubject, name: str = "") -> str:
    """Return in words where an alert is: its pixel, or the installation."""
    if of.pixel:
        said = "".join(char for char in name if char.isprintable()).strip()
        pixel = f"{said} ({of.pixel})" if said else f"pixel {of.pixel}"
        return pixel if of.workspace in ("", "main") else f"{pixel} of workspace {of.workspace}"
    return f"workspace {of.workspace}" if of.workspace else "this installation"


def spelled(value: float, unit: str) -> str:
    """Return a value with its unit, as people read it."""
    if unit == "h":
        return spelled(value * 3_600, "s")
    if unit == "s":
        for seconds, name in _UNITS:
            if value >= 2 * seconds:
                return f"{value / seconds:.0f} {name}"
        return f"{value:.0f} seconds"
    return f"{value:.0f} {unit}".rstrip()


def _about(it: Watched, around: Around, *, type_: str, at_ms: int, text: str, ended_ms: int | None = None) -> Message:
    its, link = KINDS[it.kind], around.link
    page = f"{link}/pixels/{it.of.workspace}/{it.of.pixel}" if it.of.pixel else f"{link}/alerts"
    return Message(
        id=f"alert_{it.id}_{it.first_ms}_{type_.rpartition('.')[2]}",
        type=type_,
        at_ms=at_ms,
        title=f"{its.title}: {place_of(it.of, around.name)}",
        text=text,
        fix=fix_of(it) if type_ == BEGAN else "",
        link=page,
        kind=it.kind,
        alert=it.id,
        workspace=it.of.workspace,
        pixel=it.of.pixel,
        part=it.of.part,
        value=it.value,
        threshold=around.rule.raise_at,
        unit=its.unit,
        since_ms=it.first_ms,
        ended_ms=ended_ms,
    )


def _others(it: Watched) -> str:
    return f"{abs(it.value):.0f} more are beyond the threshold than are told of one by one."


def kind_named(text: str) -> AlertKind | None:
    """Return the kind of a name, if it is one."""
    return AlertKind(text) if text in set(AlertKind) else None
