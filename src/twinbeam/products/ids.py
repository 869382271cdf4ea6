"""
Which other id of the same product may be meant by one that the feed does not know.

An id is looked for under its loose forms: without case and leading zeros, the last number of a compound id such as
`shopify_DE_123_456`, its group, and its SKU, GTIN and MPN. A loose form never counts as a match: it leads to advice,
and to the cost of a line that its shop's own server names.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from twinbeam.core.products import FeedProduct

ID, GROUP, SKU, GTIN, MPN = range(5)
"""What a loose form was made of."""

_COMPOUND = re.compile(r".*[_/:|-](\d{3,})")
_SHOPIFY = re.compile(r"shopify_[a-z]{2}_(\d+)_(\d+)")
_WORDS = {SKU: "SKU", GTIN: "GTIN", MPN: "MPN"}
_MOST_SHOWN = 60


class Alias(NamedTuple):
    """A loose form of a product's ids."""

    alias: str
    kind: int


class Candidate(NamedTuple):
    """A product to which a loose form leads."""

    kind: int
    id: str
    group_id: str


def loose(id_: str) -> str:
    """Return an id without case and leading zeros."""
    text = id_.strip().casefold()
    return text.lstrip("0") or text


def looked_for(id_: str) -> list[str]:
    """Return the loose forms under which an id is looked for."""
    text = loose(id_)
    compound = _COMPOUND.fullmatch(text)
    return [text, loose(compound[1])] if compound else [text]


def aliases_of(product: FeedProduct) -> Iterator[Alias]:
    """Yield the loose forms of a product's ids, but for those that are its id itself."""
    found = {
        *_of_kind(ID, looked_for(product.id)),
        *_of_kind(GROUP, looked_for(product.group_id) if product.group_id else _parents(product.id)),
        *_of_kind(SKU, [loose(product.sku)]),
        *_of_kind(GTIN, [loose(product.gtin)]),
        *_of_kind(MPN, [loose(product.mpn)]),
    }
    return (it for it in sorted(found) if it.alias and (it.alias != product.id or it.kind == GROUP))


def advice(content_id: str, *, is_group: bool, found: Iterable[Candidate]) -> str:
    """Return what to do about an id that the feed does not know, by the products that may be meant; "" if none is."""
    by_kind: dict[int, list[Candidate]] = {}
    for it in found:
        by_kind.setdefault(it.kind, []).append(it)
    for kind in (ID, SKU, GTIN, MPN):
        if len(meant := by_kind.get(kind, [])) == 1:
            return _same_product(kind, content_id, meant[0])
    if variants := by_kind.get(GROUP, []):
        return _of_group(content_id, variants, is_group=is_group)
    return ""


def _same_product(kind: int, content_id: str, product: Candidate) -> str:
    known = f"The feed knows this product as {_shown(product.id)}: send {_shown(product.id)}."
    if kind == ID:
        return known
    return f"{_shown(content_id)} is its {_WORDS[kind]}. {known}"


def _of_group(content_id: str, variants: list[Candidate], *, is_group: bool) -> str:
    example, group = variants[0].id, variants[0].group_id
    if is_group and group:
        return f"The feed knows this group as {_shown(group)}: send {_shown(group)}."
    several = f"The feed knows its variants, such as {_shown(example)}"
    if group == content_id:
        return f"{several}: send the variant's id, or say content_type product_group."
    return f"{several}: send the variant's id."


def _parents(id_: str) -> list[str]:
    shopify = _SHOPIFY.fullmatch(loose(id_))
    return [shopify[1]] if shopify else []


def _of_kind(kind: int, forms: Iterable[str]) -> list[Alias]:
    return [Alias(form, kind) for form in forms]


def _shown(id_: str) -> str:
    return id_ if len(id_) <= _MOST_SHOWN else f"{id_[:_MOST_SHOWN]}…"
