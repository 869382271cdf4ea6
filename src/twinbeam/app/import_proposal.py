"""How a file of orders is to be understood: proposed from its header and first rows, in words to be checked."""

from collections.abc import Mapping, Sequence
from itertools import islice

from msgspec import Struct

from twinbeam.app.row_files import RowFile
from twinbeam.app.spellings import MOMENTS, Dates, Decimals, Spelling, dates_of, decimals_of, zone_of
from twinbeam.core.errors import ConfigError
from twinbeam.sources.flat_orders import FIELDS, TIMES, proposed

_LOOKED_AT = 1_000  #: rows


class Proposal(Struct, frozen=True):
    """What is read from where, and how."""

    mapping: Mapping[str, str]
    spelling: Spelling
    sentences: Sequence[str]


def proposed_of(
    file: RowFile, said: Mapping[str, str], *, decimal: Decimals | None, dates: Dates | None, zone: str
) -> Proposal:
    """Return how to read a file, proposed where its owner has not said so; raises ConfigError."""
    mapping = {field: column for field, column in {**proposed(file.columns), **said}.items() if column}
    _check(file, mapping)
    rows = list(islice(file.rows(), _LOOKED_AT))
    if not rows:
        raise ConfigError(f"{file.path} has a header and no rows.")
    first = [{field: it.row.get(column) for field, column in mapping.items()} for it in rows]
    zone_of(zone)
    spelling = Spelling(decimal or decimals_of(first), decimal is not None, dates or dates_of(first), zone)
    return Proposal(mapping, spelling, [*_columns(file, mapping), *_spelled(spelling)])


def _check(file: RowFile, mapping: Mapping[str, str]) -> None:
    unknown = [f"{field}={column}" for field, column in mapping.items() if field not in FIELDS]
    if unknown:
        raise ConfigError(f"There is no such field: {', '.join(unknown)}. The fields: {', '.join(FIELDS)}.")
    absent = [f"{field}={column}" for field, column in mapping.items() if column not in file.columns]
    has = f"The file has: {', '.join(name[:60] for name in file.columns[:40])}."
    if absent:
        raise ConfigError(f"There is no such column: {', '.join(absent)}. {has}")
    if "order_id" not in mapping:
        raise ConfigError(f"No column holds the order's number: say --map order_id=COLUMN. {has}")
    if not MOMENTS & mapping.keys():
        raise ConfigError(f"No column says when: say --map placed_at=COLUMN, or another of {', '.join(TIMES)}. {has}")


def _columns(file: RowFile, mapping: Mapping[str, str]) -> list[str]:
    told = [f"{field:16} is read from {column}" for field, column in mapping.items()]
    unread = [name for name in file.columns if name and name not in mapping.values()]
    return [*told, f"{'not read':16} {', '.join(unread)}"] if unread else told


def _spelled(spelling: Spelling) -> list[str]:
    told = []
    if spelling.decimals == "comma":
        told.append("Amounts are read with a decimal comma; else say --decimal point.")
    if spelling.dates is not None:
        told.append(f"Dates such as 11/12/2026 are read {spelling.dates.replace('-', ' ')}; else say --dates.")
    return told
