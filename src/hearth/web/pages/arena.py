"""The Arena page: two nameless answers to one prompt, a vote, and what all votes say.

This file makes the page; `arena_view.py` holds what it shows, and each view lives beside it:
`arena_vote.py` (the pair), `arena_board.py` (the board), `arena_setup.py` (who takes part).
"""

from __future__ import annotations

from hearth.web.frame import PaletteEntry
from hearth.web.pages.arena_view import draw_view
from hearth.web.views import page_of_views

ARENA = page_of_views(
    "arena",
    draw_view,
    [PaletteEntry(words="Draw a prompt for the arena", icon="arena", data={"do": "arena-draw"})],
)
