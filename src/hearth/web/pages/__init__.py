"""The pages of the rail, in order. A new page is one file here and one line in `PAGES`."""

from __future__ import annotations

from hearth.web.frame import PageEntry
from hearth.web.pages.arena import ARENA
from hearth.web.pages.chat import CHAT
from hearth.web.pages.evidence import EVIDENCE
from hearth.web.pages.guide import GUIDE
from hearth.web.pages.machine import MACHINE
from hearth.web.pages.measure import MEASURE
from hearth.web.pages.models import MODELS
from hearth.web.pages.timeline import TIMELINE

PAGES: tuple[PageEntry, ...] = (
    *(CHAT, MODELS, MACHINE, MEASURE),
    *(ARENA, EVIDENCE, GUIDE, TIMELINE),
)
