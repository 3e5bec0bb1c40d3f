"""The views of the Arena page, and their addresses."""

from __future__ import annotations

from hearth.web.places import Places, ViewEntry

PLACES = Places(
    path="/arena",
    word="Arena",
    views=(
        ViewEntry(name="vote", word="Vote", command="Vote on two answers", icon="arena"),
        ViewEntry(name="board", word="Board", command="Show the arena's board", icon="lens"),
        ViewEntry(
            name="setup",
            word="Who takes part",
            command="Choose who takes part in the arena",
            icon="sliders",
        ),
    ),
)
