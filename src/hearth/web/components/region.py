"""A piece of the page that the server writes as HTML and the browser merges into what is there."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from nicegui.element import Element


class Region(Element, component=Path(__file__).parent.parent / "static" / "region.js"):
    """HTML that can change without losing focus, selection or scroll position."""

    def __init__(self, html: Markup | None = None, *, tag: str = "div") -> None:
        """Put a region into the current place of the page."""
        super().__init__()
        self._props["tag"] = tag
        self._props["html"] = str(html or "")

    def show(self, html: Markup) -> None:
        """Show other HTML. Only `Markup` is taken: text must have been escaped or sanitised."""
        if self._props["html"] != str(html):
            self._props["html"] = str(html)
            self.update()
