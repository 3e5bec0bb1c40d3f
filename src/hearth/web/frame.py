"""The frame around every page: rail, top bar, palette, keys, notices.

A page is one `PageEntry` in `hearth.web.pages.PAGES`. It builds its frame with `build_frame` and
then draws into `main` (the current place), `side` and the top bar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from hearth.web.commands import Command, Commands
from hearth.web.components.region import Region
from hearth.web.components.toasts import Toasts
from hearth.web.parts import part
from hearth.web.services import Services

KEYS = (
    ("Enter", "Send the message"),
    ("Shift Enter", "Start a new line"),
    ("Esc", "Close what is open; stop the answer"),
    ("Ctrl K", "Every command and page (on a Mac: Cmd K)"),
    ("Ctrl Shift O", "New conversation"),
    ("/", "Go to the message box, or to the filter"),
    ("?", "Show these keys"),
    ("← →", "In the token lens: move among the tokens"),
    ("1 2 3 4", "In the arena: left is better, right, equally good, both bad"),
    ("N", "In the arena: the next pair"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """A page of the rail.

    Args:
        register: Called once with the services and all pages; it registers the page's addresses.
    """

    name: str
    word: str
    path: str
    icon: str
    register: Callable[[Services, Sequence[PageEntry]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaletteEntry:
    """A row of the palette; `data` becomes the row's `data-*` attributes."""

    words: str
    icon: str
    data: dict[str, str]
    key: str = ""


COMMON_ENTRIES = (
    PaletteEntry(
        words="Theme: follow the system", icon="system", data={"ui": "theme", "theme": "system"}
    ),
    PaletteEntry(words="Theme: dark", icon="moon", data={"ui": "theme", "theme": "dark"}),
    PaletteEntry(words="Theme: light", icon="sun", data={"ui": "theme", "theme": "light"}),
    PaletteEntry(words="Fold or unfold the rail", icon="fold", data={"ui": "rail"}),
    PaletteEntry(words="Show the keys", icon="keys", data={"ui": "keys"}, key="?"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a page fills in: places to draw, commands to answer, and ways to tell things."""

    commands: Commands
    toasts: Toasts
    said: Region
    top_start: Region
    top_end: Region
    side: Element

    def add_panel(self, name: str, label: str, *, align: str = "start") -> Region:
        """Add a popover that opens beside a button with `data-panel=<name>`."""
        with self.side.client.layout:
            region = Region().classes("popover").props(f'role=dialog aria-label="{label}"')
        return region.props(f"popover=auto data-popover={name} data-align={align} tabindex=-1")

    def add_dialog(self, name: str, label: str) -> Region:
        """Add a modal dialogue that the page's scripts open by its name."""
        with self.side.client.layout:
            return Region(tag="dialog").props(f'data-dialog={name} aria-label="{label}"')

    def say(self, words: str) -> None:
        """Let a screen reader say something; nothing is seen."""
        self.said.show(Markup("<span>{}</span>").format(words))


def build_frame(
    active: str, pages: Sequence[PageEntry], entries: Sequence[PaletteEntry] = ()
) -> Frame:
    """Build the frame of the page that is being made.

    Args:
        active: Name of the page.
        pages: All pages of the rail.
        entries: The page's own rows in the palette.
    """
    layout = ui.context.client.layout
    layout.classes("hearth")
    with layout:
        skip = Region(part("skip"))
        rail = Region(part("rail", pages=pages, active=active), tag="nav").classes("rail")
        rail.props('aria-label="Pages"')
        side = Element("aside").classes("side").props('aria-label="List"')
        with Element("header").classes("top") as top:
            top_start = Region().classes("top-start")
            top_end = Region().classes("top-end").props('role=group aria-label="Model"')
        notices = Region().classes("toasts").props("popover=manual role=status aria-live=polite")
        said = Region().classes("sr-only").props("aria-live=polite id=hearth-said")
    for index, element in enumerate((skip, rail, side, top)):
        element.move(layout, target_index=index)  # before NiceGUI's own place of the page
    toasts = Toasts(notices)
    frame = Frame(
        commands=Commands(toasts.error),
        toasts=toasts,
        said=said,
        top_start=top_start,
        top_end=top_end,
        side=side,
    )
    _add_common_dialogs(frame, pages, entries)
    _listen(frame, pages)
    return frame


def _add_common_dialogs(
    frame: Frame, pages: Sequence[PageEntry], entries: Sequence[PaletteEntry]
) -> None:
    go = [
        PaletteEntry(
            words=f"Go to {page.word}", icon=page.icon, data={"do": "go", "path": page.path}
        )
        for page in pages
    ]
    palette = frame.add_dialog("palette", "Commands").classes("palette")
    palette.show(part("palette", entries=[*entries, *go, *COMMON_ENTRIES]))
    frame.add_dialog("keys", "Keys").classes("keys-dialog").show(part("keys", keys=KEYS))


def _listen(frame: Frame, pages: Sequence[PageEntry]) -> None:
    async def dismiss(command: Command) -> None:
        frame.toasts.dismiss(command.get("id", ""))

    async def go(command: Command) -> None:
        if command.get("path") in {page.path for page in pages}:
            ui.navigate.to(command["path"])

    frame.commands.register({"dismiss": dismiss, "go": go})

    async def run(event: GenericEventArguments) -> None:
        await frame.commands.run(event.args)

    ui.on("hearth", run)
