"""Split Markdown that is still being written into finished blocks and an open rest.

CommonMark decides its block structure line by line, and only the last block can still change. So
a block is finished once another block has begun on a line that is complete; it is rendered once
and never looked at again. What is left, the open rest, is all that a repaint has to render.
"""

from __future__ import annotations

from itertools import pairwise

from markdown_it import MarkdownIt

from hearth.web.markdown.render import make_parser


class BlockSplitter:
    """Take text piece by piece and hand out the blocks that can no longer change."""

    def __init__(self) -> None:
        self._parser = _block_parser()
        self._rest = ""

    @property
    def rest(self) -> str:
        """The text of the block that is still open."""
        return self._rest

    def feed(self, text: str) -> list[str]:
        """Add text and return the sources of the blocks that it finished, in order."""
        self._rest += text
        finished, self._rest = _cut(self._rest, _block_starts(self._parser, self._rest))
        return finished


def split_blocks(text: str) -> list[str]:
    """Return the sources of all top-level blocks of a complete text; joined, they are the text."""
    splitter = BlockSplitter()
    blocks = splitter.feed(text)
    return [*blocks, splitter.rest] if splitter.rest else blocks


def _block_parser() -> MarkdownIt:
    parser = make_parser()
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _block_starts(parser: MarkdownIt, text: str) -> list[int]:
    """Return the line numbers at which the blocks after the first begin, complete lines only."""
    num_complete_lines = text.count("\n")
    starts = sorted(
        token.map[0] for token in parser.parse(text) if token.level == 0 and token.map is not None
    )
    return [start for start in starts[1:] if starts[0] < start < num_complete_lines]


def _cut(text: str, starts: list[int]) -> tuple[list[str], str]:
    if not starts:
        return [], text
    lines = text.split("\n")
    borders = [0, *starts]
    blocks = ["\n".join(lines[a:b]) + "\n" for a, b in pairwise(borders)]
    return blocks, "\n".join(lines[starts[-1] :])
