"""Text from strangers is safe to show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hearth.models.labels import plain


@given(st.text(max_size=300), st.integers(2, 150))
def test_shown_text_is_printable_and_bounded(text: str, max_chars: int) -> None:
    shown = plain(text, max_chars)
    assert len(shown) <= max_chars
    assert shown.isprintable()


def test_ordinary_text_is_left_alone() -> None:
    for text in ("SmolLM2 135M", "Grüße, 世界 🔥", ""):
        assert plain(text) == text
