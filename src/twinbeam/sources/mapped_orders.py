"""
Orders from the body of any webhook, by a small mapping that its owner wrote.

    [order]
    order_id = "data.number"         a dotted path; [0] is an entry of a list
    currency = "=EUR"                a value, after an equals sign
    items = "data.lines"             a list; item_id, item_name, quantity and price are paths within its entries

    [status]
    abgeschlossen = "paid"           the sender's words for what `status` may be
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from twinbeam.orders.reports import OrderReport
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.sources.fields import Fields
from twinbeam.sources.flat_orders import FIELDS, LINE, picked, plain, report_of
from twinbeam.sources.shop_systems import read_delivery

ITEMS, STATUS = "items", "status:"
_TABLES = frozenset({"order", "status"})


class MappingError(ValueError):
    """A mapping says something that means nothing; its text is for its writer."""


def mapping_of(text: str) -> dict[str, str]:
    """Read a mapping file; raises MappingError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"It is not TOML: {error}.") from error
    order, words = tables.get("order", {}), tables.get("status", {})
    unknown = [*(tables.keys() - _TABLES), *(order.keys() - {*FIELDS, ITEMS})]
    if unknown:
        raise MappingError(f"There is no {', '.join(sorted(unknown))}. The fields are: {', '.join((*FIELDS, ITEMS))}.")
    wrong = [name for name, value in (*order.items(), *words.items()) if not isinstance(value, str) or not value]
    if wrong:
        raise MappingError(f'Write {wrong[0]} as a text, such as {wrong[0]} = "data.total".')
    if "order_id" not in order:
        raise MappingError('Say where the order\'s number is: [order] order_id = "data.number".')
    return {**order, **{f"{STATUS}{plain(word)}": meaning for word, meaning in words.items()}}


def read_mapped(
    body: bytes, mapping: Mapping[str, str], received_ms: int, idempotency: str | None
) -> Reading | Problem:
    """Return the facts and events of a body."""

    def tell(fields: Fields) -> OrderReport:
        return report_of(rows_in(dict(fields.items()), mapping), system="webhook", at_ms=received_ms)

    return read_delivery(body, tell, idempotency)


def rows_in(body: Mapping[Any, Any], mapping: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return an order of a body as flat rows, one for each of its lines."""
    paths = {name: path for name, path in mapping.items() if name in FIELDS}
    fixed = {name: path[1:] for name, path in paths.items() if path.startswith("=")}
    has_items = ITEMS in mapping
    of_order = {name: path for name, path in paths.items() if name not in fixed and not (has_items and name in LINE)}
    order = {**fixed, **picked(body, of_order)}
    if "status" in order:
        order["status"] = mapping.get(f"{STATUS}{plain(str(order['status']))}", order["status"])
    items = picked(body, {ITEMS: mapping[ITEMS]}).get(ITEMS) if has_items else None
    lines = [line for line in items if isinstance(line, dict)] if isinstance(items, list) else []
    of_line = {name: path for name, path in paths.items() if name in LINE and name not in fixed}
    return [{**order, **picked(line, of_line)} for line in lines] or [order]
