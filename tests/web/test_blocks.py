"""Blocks of a growing text: cut only where nothing can change any more."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hearth.web.markdown.blocks import BlockSplitter, split_blocks

PIECES = st.sampled_from(
    [
        *(
            "a",
            "word ",
            "\n",
            "\n\n",
            "# ",
            "- ",
            "1. ",
            "> ",
            "```",
            "```py",
            "~~~",
            "    ",
            "---",
        ),
        *("===", "| a | b |", "|---|---|", "  ", "*", "\t", "[x]: https://a.example", "***", "-"),
    ]
)


def test_a_block_is_finished_when_another_has_begun() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("One.") == []
    assert splitter.feed("\n\nTwo") == []  # the line is not complete: it could become anything
    assert splitter.feed(" goes on.\n") == ["One.\n\n"]
    assert splitter.rest == "Two goes on.\n"


def test_an_open_fence_is_one_block() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("```\n# no heading\n\n- no list\n") == []
    assert splitter.feed("```\nAfter it.\n") == ["```\n# no heading\n\n- no list\n```\n"]


def test_a_half_written_heading_does_not_finish_a_paragraph() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("text\n#") == []
    assert splitter.feed("hashtag") == []
    assert splitter.rest == "text\n#hashtag"


def test_nothing_has_no_blocks() -> None:
    assert split_blocks("") == []
    assert split_blocks("\n\n") == ["\n\n"]


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_pieces_and_whole_are_cut_alike(pieces: list[str]) -> None:
    """However a text arrives, its blocks are those of the whole, and together they are the text."""
    splitter = BlockSplitter()
    blocks = [block for piece in pieces for block in splitter.feed(piece)]
    whole = "".join(pieces)
    assert "".join([*blocks, splitter.rest]) == whole
    assert [*blocks, *([splitter.rest] if splitter.rest else [])] == split_blocks(whole)
