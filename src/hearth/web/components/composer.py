"""The composer: the box one writes in, and the settings that stand beside it."""

from __future__ import annotations

from nicegui.element import Element

from hearth.store.records import ChatSettings
from hearth.web.components.meter import Fill, ring
from hearth.web.components.region import Region
from hearth.web.components.status import short_name
from hearth.web.parts import part

MAX_BYTES = 800_000  # the socket refuses messages over 1 MB


class Composer:
    """A form that sends `{do: "send", text: ...}`."""

    def __init__(self) -> None:
        with Element("form").classes("composer").props('data-do="send"'):
            Element("textarea").props(
                f'name="text" rows="1" data-composer data-grow data-enter data-max="{MAX_BYTES}" '
                'placeholder="Ask something" aria-label="Your message" autocomplete="off"'
            )
            self._tools = Region()

    def draw(self, settings: ChatSettings, *, running: bool, fill: Fill | None) -> None:
        """Draw the row under the box."""
        self._tools.show(
            part(
                "composer",
                model=short_name(settings.model),
                temperature=f"{settings.sampling.temperature:g}",
                system=settings.system_prompt,
                running=running,
                context={"ring": ring(fill), "words": fill.words} if fill else None,
            )
        )
