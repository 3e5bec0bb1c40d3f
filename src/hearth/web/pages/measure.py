"""The Measure page: what was measured, with intervals, and measuring more.

This file makes the page; `measure_view.py` holds what it shows, and each view lives beside it:
`measure_runs.py` (begin, progress, history), `measure_compare.py` (two records),
`measure_quants.py` (size, speed and distance of quantizations), `measure_truth.py` (how sure, and
how right).
"""

from __future__ import annotations

from hearth.web.pages.measure_view import draw_view
from hearth.web.views import page_of_views

MEASURE = page_of_views("measure", draw_view)
