"""The Machine page: what this machine is, which models it runs and how fast, and what is claimed.

This file makes the page; `machine_view.py` holds what it shows, and each view lives beside it:
`machine_levels.py` (the memory hierarchy, measuring), `machine_speed.py` (the roofline),
`machine_runs.py` (the can-run table), `machine_plan.py` (sliders), `machine_twin.py` (the twin),
`machine_claim.py`, `machine_checked.py` (predicted against measured).
"""

from __future__ import annotations

from hearth.web.frame import PaletteEntry
from hearth.web.pages.machine_view import draw_view
from hearth.web.views import page_of_views

MACHINE = page_of_views(
    "machine",
    draw_view,
    [PaletteEntry(words="Measure this machine", icon="machine", data={"do": "measure"})],
)
