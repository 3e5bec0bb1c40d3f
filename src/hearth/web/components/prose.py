"""A model's text as safe Markdown: whole, or growing.

While it grows, a block that is finished is drawn once and left alone; only the open one is drawn
again.
"""

from __future__ import annotations

from markupsafe import Markup
from nicegui.element import Element

from hearth.web.components.region import Region
from hearth.web.markdown.blocks import BlockSplitter, split_blocks
from hearth.web.markdown.render import render_block


class Prose:
    """A place for one text."""

    def __init__(self) -> None:
        """Put an empty text into the current place of the page."""
        self.root = Element("div").classes("prose")
        self._splitter = BlockSplitter()
        self._open_block: Region | None = None
        self._num_painted_chars = 0

    @property
    def is_growing(self) -> bool:
        """Whether the text was painted as one that grows, and has begun."""
        return self._num_painted_chars > 0

    def show(self, text: str) -> None:
        """Show a text that is complete."""
        self._start_again()
        if text:
            with self.root:
                blocks = (render_block(source) for source in split_blocks(text))
                Region(Markup("").join(blocks)).classes("block")

    def paint(self, text: str) -> None:
        """Show a growing text as far as it has come; it begins with what was painted before."""
        if not self._num_painted_chars:
            self._start_again()
        for source in self._splitter.feed(text[self._num_painted_chars :]):
            self._block().show(render_block(source))
            self._open_block = None
        self._num_painted_chars = len(text)
        if self._splitter.rest:
            self._block().show(render_block(self._splitter.rest))

    def _block(self) -> Region:
        if self._open_block is None:
            with self.root:
                self._open_block = Region().classes("block")
        return self._open_block

    def _start_again(self) -> None:
        self.root.clear()
        self._splitter = BlockSplitter()
        self._open_block = None
        self._num_painted_chars = 0
