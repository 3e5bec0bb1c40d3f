"""What cannot be drawn is refused where it is made."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from hearth.guide.demonstrations import Bar, Bars, Line, Table


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bar(label="x", value=math.nan),
        lambda: Bar(label="x", value=-1.0),
        lambda: Bars(title="t", unit="s", bars=(Bar(label="x", value=0.0),), scale="log"),
        lambda: Table(title="t", columns=("a", "b"), rows=(("1",),)),
        lambda: Line(name="l", xs=(1.0,), ys=(1.0, 2.0)),
        lambda: Line(name="l", xs=(1.0,), ys=(math.inf,)),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"'[xtl]'"):
        make()
