"""Text is shown in whole characters, and never with a stop string or the start of one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.worker.text import TextStream, find_first, longest_partial_stop


def feed(stream: TextStream, chunks: list[bytes]) -> list[str]:
    shown = []
    for chunk in chunks:
        shown.append(stream.push(chunk))
        if stream.stopped_by is not None:
            return shown
    return [*shown, stream.finish()]


def test_a_character_is_never_split() -> None:
    raw = "né 🔥 火".encode()
    shown = feed(TextStream(), [raw[i : i + 1] for i in range(len(raw))])
    assert "".join(shown) == "né 🔥 火"
    assert all("\ufffd" not in piece for piece in shown)


def test_a_half_character_at_the_end_is_marked() -> None:
    assert "".join(feed(TextStream(), ["é".encode()[:1]])) == "\ufffd"


def test_a_stop_string_across_tokens() -> None:
    stream = TextStream(stops=("</answer>",))
    assert "".join(feed(stream, [b"yes <", b"/ans", b"wer", b"> more"])) == "yes "
    assert stream.stopped_by == "</answer>"


def test_what_only_looked_like_a_stop_string_is_shown() -> None:
    assert "".join(feed(TextStream(stops=("<end>",)), [b"a <e", b"lse", b"> b <en"])) == (
        "a <else> b <en"
    )


def test_the_earliest_and_then_the_longest_stop_wins() -> None:
    assert find_first("a END b", ("b", "END", "EN")) == (2, "END")
    assert find_first("nothing", ("x",)) == (-1, None)


@given(
    text=st.text(alphabet="abcé🔥", max_size=40),
    stops=st.lists(st.text(alphabet="abc🔥", min_size=1, max_size=4), max_size=3),
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=20),
)
def test_any_cutting_gives_the_same_text(text: str, stops: list[str], cuts: list[int]) -> None:
    raw, chunks, start = text.encode(), [], 0
    for index in range(len(raw)):
        size = cuts[index % len(cuts)]
        chunks.append(raw[start : start + size])
        start += size
        if start >= len(raw):
            break
    stream = TextStream(stops=tuple(stops))
    shown = "".join(feed(stream, chunks))
    assert text.startswith(shown)
    assert not any(stop in shown for stop in stops)
    if any(stop in text for stop in stops):
        assert stream.stopped_by in stops
        assert text[len(shown) :].startswith(stream.stopped_by)
    else:
        assert shown == text


@given(st.text(alphabet="ab", max_size=8), st.text(alphabet="ab", min_size=1, max_size=5))
def test_partial_stop_is_the_longest_possible(text: str, stop: str) -> None:
    sizes = [n for n in range(len(stop)) if text.endswith(stop[:n])]
    assert longest_partial_stop(text, (stop,)) == max(sizes)
