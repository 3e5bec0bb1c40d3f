"""The views of the Evidence page, and their addresses."""

from __future__ import annotations

from hearth.web.places import Places, ViewEntry

PLACES = Places(
    path="/evidence",
    word="Evidence",
    views=(
        ViewEntry(name="list", word="All records", command="Search the evidence", icon="evidence"),
        ViewEntry(name="record", word="Record", command="Show the last record", icon="info"),
        ViewEntry(name="card", word="Take a card", command="Check a card", icon="verify"),
    ),
)
