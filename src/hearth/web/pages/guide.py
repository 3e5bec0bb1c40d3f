"""The Guide page: a newcomer's questions, each answered beside what there is to see of it here.

This file makes the page; `guide_view.py` holds what it shows, and each view lives beside it:
`guide_tree.py` (the list, the search), `guide_topic.py` (a topic and its demonstration),
`guide_paths.py` (topics in an order that leads somewhere), `guide_ask.py` (a question).
"""

from __future__ import annotations

from hearth.web.frame import PaletteEntry
from hearth.web.pages.guide_view import draw_view
from hearth.web.views import page_of_views

GUIDE = page_of_views(
    "guide",
    draw_view,
    [PaletteEntry(words="Search the guide", icon="search", data={"ui": "find"})],
)
