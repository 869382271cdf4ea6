"""Where an order was sold, in the words of shop systems: what is no order of the shop's own pages."""

import re
from typing import Literal

Elsewhere = Literal["", "draft", "point_of_sale", "marketplace", "agent", "renewal"]
"""What an order is by where it was sold, each with its rule in SourceRules; "" is one of the shop's own pages."""

_MARKETS = ("tiktok", "amazon", "ebay", "walmart", "facebook", "instagram", "google", "etsy", "farfetch")
_AGENTS = ("agent", "chatgpt", "openai", "perplexity", "copilot", "gemini")
_NO_WORD = re.compile("[^a-z0-9]+")


def kind_sold_via(name: str) -> Elsewhere:
    """Return what an order is by Shopify's `source_name`, or WooCommerce's `created_via`."""
    via = name.strip().lower()
    if "pos" in _NO_WORD.split(via) or via == "point-of-sale":
        return "point_of_sale"
    if via in ("shopify_draft_order", "draft_order"):
        return "draft"
    if via.startswith("subscription"):
        return "renewal"
    if any(market in via for market in _MARKETS):
        return "marketplace"
    return "agent" if any(agent in via for agent in _AGENTS) else ""
