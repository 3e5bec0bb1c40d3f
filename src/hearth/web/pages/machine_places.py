"""The places of the Machine page: its views, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEntry:
    """A view of the page.

    Args:
        word: In the page's own navigation; `command` in the palette.
    """

    name: str
    word: str
    command: str
    icon: str


VIEWS = (
    ViewEntry(name="levels", word="This machine", command="Show this machine", icon="machine"),
    ViewEntry(name="speed", word="Speed", command="Show how fast the models are", icon="lens"),
    ViewEntry(name="runs", word="What runs", command="Show what runs here", icon="check"),
    ViewEntry(name="plan", word="Plan", command="Plan a model", icon="sliders"),
    ViewEntry(name="claim", word="Claims", command="Check a claim", icon="verify"),
    ViewEntry(
        name="checked",
        word="Predicted and measured",
        command="Compare what was predicted with what was measured",
        icon="branch",
    ),
)
NAMES = tuple(view.name for view in VIEWS)
MAX_VALUE_CHARS = 500


def known_view(name: str) -> str:
    """Return the name of a view; what is unknown leads to the first one."""
    return name if name in NAMES else NAMES[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one is on the page.

    Args:
        view: One of `NAMES`.
        subject: The model of a plan, or the sentence of a claim.
    """

    view: str = NAMES[0]
    subject: str = ""

    @staticmethod
    def of(search: str) -> Place:
        """Return the place of an address; what is unknown leads to the first view."""
        asked = parse_qs(search.removeprefix("?"), keep_blank_values=True)
        view = asked.get("show", [""])[0]
        subject = asked.get("of", [""])[0][:MAX_VALUE_CHARS]
        return Place(view=known_view(view), subject=subject)

    @property
    def address(self) -> str:
        """The place's own address."""
        if self == Place():
            return "/machine"
        asked = {"show": self.view} | ({"of": self.subject} if self.subject else {})
        return f"/machine?{urlencode(asked)}"

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        word = next(view.word for view in VIEWS if view.name == self.view)
        return "Machine" if self.view == NAMES[0] else f"{word} · Machine"
