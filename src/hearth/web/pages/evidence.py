"""The Evidence page: every measurement that was kept, whole, and what shows that none changed.

This file makes the page; `evidence_list.py` searches and checks the chain, `evidence_record.py`
shows one record, `evidence_card.py` takes a card that somebody else has made.
"""

from __future__ import annotations

from hearth.web.frame import PaletteEntry
from hearth.web.pages.evidence_view import draw_view
from hearth.web.views import page_of_views

EVIDENCE = page_of_views(
    "evidence",
    draw_view,
    [PaletteEntry(words="Check the chain", icon="verify", data={"do": "evidence-verify"})],
)
