"""The views of the Machine page, and their addresses."""

from __future__ import annotations

from hearth.web.places import Places, ViewEntry

PLACES = Places(
    path="/machine",
    word="Machine",
    views=(
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
    ),
)
