"""The starter model against compressors: English prose is what it knows."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.engine.scoring import ScoringSettings, open_scorer
from hearth.measure.zip import Codec
from hearth.measure.zip.chunks import Method

pytestmark = pytest.mark.starter

PROSE = """\
Nobody in the village could say when the old mill had stopped turning. Some thought it was the year
of the flood, others that the miller had simply walked away one evening in autumn, leaving the door
open and the lamp burning on the table. The children were told not to play there, and so of course
they did. They built boats of bark, let them go above the wheel, and ran down the bank to see which
of them would come out on the other side. Most of them never did.
"""


def test_prose_takes_half_of_what_xz_needs(starter_path: Path) -> None:
    settings = ScoringSettings(context=128, lanes=1, threads=1)
    with open_scorer(starter_path, settings, config=load_config()) as scorer:
        made = Codec(scorer, "0" * 64).compress(PROSE.encode())
    assert all(chunk.method is Method.MODEL for chunk in made.chunks)
    packed = sum(len(chunk.payload) for chunk in made.chunks)
    raw = [{"id": lzma.FILTER_LZMA2, "preset": 9}]
    rival = len(lzma.compress(PROSE.encode(), format=lzma.FORMAT_RAW, filters=raw))
    assert packed < rival / 2
