"""Every heading of the FAQ that the guide grew out of has its topic, in its order and nesting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from hearth.guide import path_to, topics
from hearth.guide.headings import Heading, headings

BY_ID = {topic.id: topic for topic in topics()}
EACH = pytest.mark.parametrize("heading", headings(), ids=lambda one: f"{one.document}:{one.topic}")


def _below_chapters(document: str) -> Iterator[tuple[Heading, Heading]]:
    """Yield each heading below a chapter with the one that it stands under."""
    above: list[Heading] = []
    for heading in (one for one in headings() if one.document == document):
        above = [one for one in above if one.depth < heading.depth]
        if heading.depth > 2:
            yield heading, above[-1]
        above.append(heading)


def test_no_heading_was_lost() -> None:
    assert Counter(one.document for one in headings()) == {"longer": 61, "shorter": 34}


@EACH
def test_each_has_a_topic(heading: Heading) -> None:
    assert heading.topic in BY_ID


@pytest.mark.parametrize("document", ["longer", "shorter"])
def test_topics_are_nested_as_the_headings_are(document: str) -> None:
    for heading, above in _below_chapters(document):
        path = [one.id for one in path_to(BY_ID[heading.topic])]
        assert above.topic in path, heading


def test_topics_stand_in_the_order_of_the_longer_state() -> None:
    places = {topic.id: place for place, topic in enumerate(topics())}
    order = [places[one.topic] for one in headings() if one.document == "longer"]
    assert order == sorted(order)


def test_two_headings_of_a_document_that_have_one_topic_are_few() -> None:
    shared = [
        (document, topic)
        for (document, topic), count in Counter(
            (one.document, one.topic) for one in headings()
        ).items()
        if count > 1
    ]
    # The first two lines of the longer one are its title and its introduction; in the shorter one
    # a heading without words stands under its last chapter.
    assert shared == [("longer", "introduction"), ("shorter", "medium-terms")]
