"""The kinds of alerts, with their thresholds until an owner decides otherwise, and their words: one table."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class AlertKind(StrEnum):
    """What an alert is about."""

    TOKEN_REFUSED = "token_refused"  # noqa: S105 -- no token
    RECORD_LAG = "record_lag"
    QUEUE_AGE = "queue_age"
    ACCEPTED_SHARE = "accepted_share"
    VOLUME_DROP = "volume_drop"
    SOURCE_SILENT = "source_silent"
    EVENT_SILENT = "event_silent"
    DEAD_LETTERS = "dead_letters"
    DISK = "disk"
    CLOCK = "clock"
    KEY_RING = "key_ring"
    BACKUP_AGE = "backup_age"
    TIKTOK_OUTAGE = "tiktok_outage"


class KindTerms(Struct, frozen=True, kw_only=True):
    """
    What holds for all alerts of a kind.

    In its sentences, {part} is what it is about beside the pixel; in a fix, {pixel} is the pixel as a command takes it
    first, and {of_pixel} as one is narrowed to it.
    """

    title: str
    says: str  #: what happened; {value} comes with its unit
    ended: str
    fix: str
    unit: str = ""
    raise_at: float = 1
    clear_at: float = 0
    raise_after_seconds: int = 0
    clear_after_seconds: int = 0
    falls: bool = False  #: it begins where the value is below its threshold, not above
    of_pixel: bool = True
    is_switch: bool = False  #: it is so or it is not: there is no threshold to choose


_MINUTE = 60

KINDS: Mapping[AlertKind, KindTerms] = {
    AlertKind.TOKEN_REFUSED: KindTerms(
        title="Token refused",
        says="TikTok refuses the access token; nothing is delivered, and events wait.",
        ended="TikTok takes the access token again.",
        fix="Generate a token in TikTok Events Manager and save it: twinbeam pixels token {pixel} < token.txt",
        is_switch=True,
        clear_after_seconds=_MINUTE,
    ),
    AlertKind.RECORD_LAG: KindTerms(
        title="Recording is late",
        says="The oldest accepted event has not been recorded for {value}.",
        ended="Events are recorded in time again.",
        fix="Look at the gateway's log and the disk: twinbeam doctor.",
        unit="s",
        raise_at=60,
        clear_at=10,
        raise_after_seconds=_MINUTE,
        clear_after_seconds=_MINUTE,
        of_pixel=False,
    ),
    AlertKind.QUEUE_AGE: KindTerms(
        title="Delivery is late",
        says="The oldest conversion has waited for TikTok for {value}.",
        ended="Conversions are delivered in time again.",
        fix="Look at TikTok's newest answer on the pixel's page; events wait and are sent later.",
        unit="s",
        raise_at=1_800,
        clear_at=600,
        raise_after_seconds=5 * _MINUTE,
        clear_after_seconds=5 * _MINUTE,
    ),
    AlertKind.ACCEPTED_SHARE: KindTerms(
        title="Accepted share fell",
        says="TikTok accepted {value} of the conversions of the last hour.",
        ended="TikTok accepts conversions as before.",
        fix="Read why TikTok refused them: twinbeam dead-letters list{of_pixel}",
        unit="%",
        raise_at=90,
        clear_at=95,
        raise_after_seconds=5 * _MINUTE,
        clear_after_seconds=10 * _MINUTE,
        falls=True,
    ),
    AlertKind.VOLUME_DROP: KindTerms(
        title="Volume dropped",
        says="The last full hour had {value} of the conversions of the same hour a week before.",
        ended="Conversions come as often as a week before again.",
        fix="Check the tag, the consent banner and what was changed in the shop since.",
        unit="%",
        raise_at=50,
        clear_at=70,
        falls=True,
    ),
    AlertKind.SOURCE_SILENT: KindTerms(
        title="Source silent",
        says="Nothing has come from the {part} for {value}, which used to report every day.",
        ended="The {part} reports again.",
        fix="Check its key, its address and the last change in the shop; the page of sources shows what came.",
        unit="h",
        raise_at=12,
        clear_at=1,
    ),
    AlertKind.EVENT_SILENT: KindTerms(
        title="Event silent",
        says="No {part} has come for {value}, which used to come every day.",
        ended="{part} comes again.",
        fix="Buy something by yourself and look at the live page; compare with the last change in the shop.",
        unit="h",
        raise_at=12,
        clear_at=1,
    ),
    AlertKind.DEAD_LETTERS: KindTerms(
        title="Dead letters",
        says="TikTok refused {value} of the conversions received yesterday and today for good.",
        ended="There are few dead letters again.",
        fix="Mend the cause and send them again: twinbeam dead-letters list{of_pixel}",
        unit="conversions",
        raise_at=10,
        clear_at=5,
    ),
    AlertKind.DISK: KindTerms(
        title="Disk fills up",
        says="{value} are left before the gateway refuses events.",
        ended="There is room on the disk again.",
        fix="Make room on the disk of the journals, or lower the days that are kept.",
        unit="MiB",
        raise_at=512,
        clear_at=1_024,
        raise_after_seconds=_MINUTE,
        clear_after_seconds=_MINUTE,
        falls=True,
        of_pixel=False,
    ),
    AlertKind.CLOCK: KindTerms(
        title="Clock is wrong",
        says="The clock of the machine was set or cannot be right; nothing that goes by the time is done.",
        ended="The clock is right again.",
        fix="Set the clock; if it is right as it is: twinbeam doctor --accept-clock.",
        is_switch=True,
        raise_after_seconds=11 * _MINUTE,  # a small step is taken over by itself after ten (core/steady.py)
        clear_after_seconds=_MINUTE,
        of_pixel=False,
    ),
    AlertKind.KEY_RING: KindTerms(
        title="Key ring cannot be used",
        says="The key ring is missing, is open to others or does not open the store.",
        ended="The key ring is as it should be.",
        fix="Put the key ring of this data folder back before the gateway is restarted: twinbeam doctor.",
        is_switch=True,
        of_pixel=False,
    ),
    AlertKind.BACKUP_AGE: KindTerms(
        title="Backup is old",
        says="The newest backup is {value} old.",
        ended="There is a new backup.",
        fix="Run twinbeam backup, and look why its timer did not.",
        unit="h",
        raise_at=36,
        clear_at=30,
        of_pixel=False,
    ),
    AlertKind.TIKTOK_OUTAGE: KindTerms(
        title="TikTok announces an outage",
        says="TikTok announces an outage of the Events API ({part}).",
        ended="TikTok says that the outage is over.",
        fix="Nothing is to be done: events wait and are sent later.",
        is_switch=True,
        of_pixel=False,
    ),
}
