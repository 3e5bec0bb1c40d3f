"""Files that break the rules are refused, with the file and what is allowed there."""

from __future__ import annotations

from datetime import date

import pytest

from hearth.guide import BadTopic, Source, read_topic
from hearth.guide.contents import read_all
from hearth.guide.reading import MAX_WORDS, count_words

FRONT = """\
id: one
parent: all
title: One
other_names: [first, "1"]
level: basic
sources:
  - title: A paper
    url: https://example.org/paper
  - title: A card
    url: https://example.org/card
checked: 2026-11-22
demonstration: next-tokens
"""
NOT_SHOWN = FRONT.replace("demonstration: next-tokens", "no_demonstration: Nothing to see.")
ANSWER = "It is the *first* [number](https://example.org/one)."
TRY_IT = "## Try it\n\nCount.\n\n```sh\nhearth tokens 1\nhearth next 1\n```\n"


def whole(front: str = FRONT, answer: str = ANSWER, try_it: str = TRY_IT) -> str:
    return f"---\n{front}---\n{answer}\n\n{try_it}"


def chapter(topic_id: str, *names: str) -> str:
    front = FRONT.replace("parent: all\n", "").replace("id: one", f"id: {topic_id}")
    front = front.replace("title: One", f"title: About {topic_id}")
    return whole(front.replace('[first, "1"]', str(list(names))))


def test_a_topic_is_read_whole() -> None:
    topic = read_topic(whole(), "010-one.md")
    assert (topic.id, topic.parent, topic.title, topic.level) == ("one", "all", "One", "basic")
    assert topic.names == ("one", "One", "first", "1")
    assert topic.sources[1] == Source(title="A card", url="https://example.org/card")
    assert topic.checked == date(2026, 11, 22)
    assert topic.answer == ANSWER
    assert topic.commands == ("hearth tokens 1", "hearth next 1")


def test_a_topic_is_written_as_a_page_and_as_data() -> None:
    topic = read_topic(whole(), "010-one.md")
    page = topic.as_markdown()
    assert page.startswith("# One\n\nIt is the *first*")
    assert "- [A card](https://example.org/card)" in page
    assert topic.as_data()["checked"] == "2026-11-22"
    assert topic.as_data()["sources"][0]["title"] == "A paper"


def test_a_demonstration_or_the_reason_for_none_is_read() -> None:
    shown = read_topic(whole(), "010-one.md")
    assert (shown.demonstration, shown.no_demonstration) == ("next-tokens", None)
    assert "`hearth guide one --demo`" in shown.as_markdown()
    told = read_topic(whole(NOT_SHOWN), "010-one.md")
    assert (told.demonstration, told.no_demonstration) == (None, "Nothing to see.")
    assert "## See it here\n\nNothing to see.\n\n## Try it" in told.as_markdown()


def test_the_first_sentence_is_told_without_marks() -> None:
    answer = "The *first* `Q4_K_M`\n[number](https://example.org/one), 4.9 bits. Then more."
    assert read_topic(whole(answer=answer), "010-one.md").summary == (
        "The first Q4_K_M number, 4.9 bits."
    )


def test_only_what_is_read_counts_as_words() -> None:
    assert count_words("see [the paper](https://example.org/a b c) now") == 4


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ("no front matter", "front matter between two lines"),
        (whole("- a list\n"), "fields with values"),
        (whole("a: [\n"), "is no YAML"),
        (whole(FRONT.replace("level: basic\n", "")), "lacks level"),
        (whole(FRONT + "colour: blue\n"), "has colour; allowed: checked, demo"),
        (whole(FRONT.replace("next-tokens", "Next")), "lower-case words joined by hyphens"),
        (whole(NOT_SHOWN.replace("Nothing to see.", "1")), "`no_demonstration` has 1, which is no"),
        (whole(FRONT + "no_demonstration: b\n"), "has either a `demonstration` or"),
        (whole(FRONT.replace("demonstration: next-tokens\n", "")), "has either a `demonstration`"),
        (whole(FRONT.replace("id: one", "id: One!")), "lower-case words joined by hyphens"),
        (whole(FRONT.replace("title: One", "title: 1")), "`title` has 1, which is no text"),
        (whole(FRONT.replace("[first", "[2")), "`other_names` has 2, which is no text"),
        (whole(FRONT.replace('[first, "1"]', "first")), "`other_names` has to be a list"),
        (whole(FRONT.replace("basic", "easy")), "`level` is 'easy'; allowed are first steps"),
        (whole(FRONT.replace("2026-11-22", "yesterday")), "a day is written like 2026-11-22"),
        (whole(FRONT.replace("2026-11-22", "2026-11-31")), "is no YAML: day is out of range"),
        (whole(FRONT.replace("2026-11-22", "2026-11-22 10:00:00")), "a day is written like"),
        (whole(FRONT.replace("https:", "http:")), "is no https address"),
        (whole(FRONT.replace("/card", "/paper")), "names an address twice"),
        (whole(FRONT.replace("    url: https://example.org/card\n", "")), "a title and a url"),
        (whole(FRONT.split("  - title: A card")[0] + "checked: 2026-11-22\n"), "a list of 2 to 4"),
        (whole(answer="word " * (MAX_WORDS + 1)), "has 151 words; at most 150"),
        (whole(answer=""), "there is no answer"),
        (whole(answer="## Heading\n\nText."), "the only heading"),
        (whole(try_it=""), "has to follow the answer"),
        (whole(try_it="## Try it\n\nJust do.\n"), "no command in a fenced block"),
        (whole(try_it="## Try it\n\n```sh\nrm -r x\n```\n"), "is no command of Hearth's"),
    ],
)
def test_what_breaks_the_rules_is_refused(changed: str, problem: str) -> None:
    with pytest.raises(BadTopic, match=r"^010-one\.md: ") as refused:
        read_topic(changed, "010-one.md")
    assert problem in str(refused.value)


def test_the_numbers_of_the_files_give_the_order() -> None:
    files = {"020-b.md": chapter("b"), "010-c.md": chapter("c"), "030-one.md": whole()}
    files["015-all.md"] = chapter("all")
    assert [topic.id for topic in read_all(files)] == ["c", "all", "b", "one"]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"010-two.md": chapter("a")}, "is called `NNN-a.md`"),
        ({"10-a.md": chapter("a")}, "is called `NNN-a.md`"),
        ({"010-a.md": chapter("a"), "020-a.md": chapter("a")}, "another topic 'a'"),
        ({"010-one.md": whole(), "020-all.md": chapter("all")}, "is its parent 'all'"),
        ({"010-a.md": chapter("a", "x"), "020-b.md": chapter("b", "X")}, "both called 'X'"),
    ],
)
def test_topics_that_do_not_fit_together(files: dict[str, str], problem: str) -> None:
    with pytest.raises(BadTopic) as refused:
        read_all(files)
    assert problem in str(refused.value)
