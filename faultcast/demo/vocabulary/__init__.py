"""What the invented web shop is written in: short idioms for each language, and the words of its messages.

An idiom is a few lines of code in a small grammar:

- ``@noun`` stands for a word that is drawn once for a passage;
- ``<<a|b>>`` is a choice. Which of the two is right differs from place to place, so the text alone
  never says that a line is wrong; a fault is the other one of the two;
- lines that begin with ``?`` are a guard which some places need and others don't; leaving out a
  needed one is a fault too, and its fix only adds lines.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Idiom:
    """A few lines of code about one topic."""

    topic: str
    text: str
    within: str = ""  # what the unit's first line must hold


NOUNS = (
    "order", "cart", "customer", "invoice", "product", "shipment", "coupon", "payment", "address", "refund",
    "voucher", "supplier", "parcel", "review", "session", "wishlist", "basket", "delivery", "receipt", "warehouse",
)  # fmt: skip
FIELDS = (
    "price", "quantity", "weight", "total", "discount", "rating", "balance", "currency", "country", "status",
    "tax", "margin", "stock", "postcode", "email", "score", "width", "volume", "deposit", "fee", "locale", "rank",
)  # fmt: skip
