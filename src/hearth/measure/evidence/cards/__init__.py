"""Evidence cards: one record as a file that explains, checks and replays itself elsewhere.

Markdown and SVG are for people, and carry the JSON for programs within them; so any of the three
can be imported again. What a card proves: that the record is the one that was exported, if its
digest is known from elsewhere, and nothing more. That it is true, replaying it shows.
"""

from hearth.measure.evidence.cards.card import MAX_CARD_BYTES, Card, card_json, card_of, read_card
from hearth.measure.evidence.cards.files import CardFormat, export_card, load_card, render_card

__all__ = [
    "MAX_CARD_BYTES",
    "Card",
    "CardFormat",
    "card_json",
    "card_of",
    "export_card",
    "load_card",
    "read_card",
    "render_card",
]
