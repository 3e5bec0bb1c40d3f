"""The views of the Measure page, and their addresses."""

from __future__ import annotations

from hearth.web.places import Places, ViewEntry

PLACES = Places(
    path="/measure",
    word="Measure",
    views=(
        ViewEntry(name="runs", word="Runs", command="Measure a model", icon="measure"),
        ViewEntry(name="compare", word="Compare", command="Compare two records", icon="branch"),
        ViewEntry(
            name="quants",
            word="Quantizations",
            command="Compare the quantizations of a model",
            icon="lens",
        ),
        ViewEntry(name="truth", word="Truth", command="Show how sure and how right", icon="check"),
    ),
)
