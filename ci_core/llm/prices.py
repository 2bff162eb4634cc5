"""What chat models cost. A model without a known price is never asked: an unknown price is not "free"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from ci_core.settings import TokenPrice

# US dollars per million tokens at the standard rate. CI_LLM_PRICES adds models and wins over a line here.
SOURCE = "https://developers.openai.com/api/docs/pricing"
AS_OF = "2026-06-20"
PRICES: Mapping[str, TokenPrice] = {
    name: TokenPrice(input=Decimal(given), cached_input=Decimal(cached), output=Decimal(taken))
    for name, given, cached, taken in (
        ("gpt-4.1", "2.00", "0.50", "8.00"),
        ("gpt-4.1-mini", "0.40", "0.10", "1.60"),
        ("gpt-4.1-nano", "0.10", "0.025", "0.40"),
        ("gpt-4o", "2.50", "1.25", "10.00"),
        ("gpt-4o-mini", "0.15", "0.075", "0.60"),
        ("gpt-5", "1.25", "0.125", "10.00"),
        ("gpt-5-mini", "0.25", "0.025", "2.00"),
        ("gpt-5-nano", "0.05", "0.005", "0.40"),
        ("gpt-5.1", "1.25", "0.125", "10.00"),
        ("gpt-5.2", "1.75", "0.175", "14.00"),
        ("gpt-5.4", "2.50", "0.25", "15.00"),
        ("gpt-5.4-mini", "0.75", "0.075", "4.50"),
        ("gpt-5.4-nano", "0.20", "0.02", "1.25"),
        ("o4-mini", "1.10", "0.275", "4.40"),
    )
}
FREE = TokenPrice(input=Decimal(0), output=Decimal(0))
MILLION = Decimal(1_000_000)
SMALLEST = Decimal("0.000001")
# "gpt-4.1-mini-2025-04-14" is a state of "gpt-4.1-mini" and costs the same.
DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def price_of(provider: str, model: str, own: Mapping[str, TokenPrice]) -> TokenPrice | None:
    """The price of a model, None where nobody has said it; models on one's own machine cost nothing.

    Args:
        own: prices from the settings, by the name of the model; they win, also over what costs nothing.
    """
    undated = DATED.sub("", model)
    if found := own.get(model) or own.get(undated):
        return found
    return FREE if provider == "ollama" else PRICES.get(model) or PRICES.get(undated)


def cost_usd(price: TokenPrice, tokens_in: int, tokens_out: int, cached: int = 0) -> Decimal:
    """What a call costs, rounded up to a millionth of a dollar.

    Args:
        tokens_in: all that was read; `cached` of them came from the provider's cache.
    """
    cached = min(max(cached, 0), tokens_in)
    again = price.input if price.cached_input is None else price.cached_input
    total = (tokens_in - cached) * price.input + cached * again + tokens_out * price.output
    return (total / MILLION).quantize(SMALLEST, rounding=ROUND_CEILING)
