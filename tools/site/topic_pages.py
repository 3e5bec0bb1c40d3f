"""The guide's topics as pages of the static documentation, with what was recorded of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from record_demonstrations import read_recorded

from hearth.guide import Topic, children, topics
from hearth.web.components.demonstration import draw_demonstration

TRY_IT = "\n## Try it\n"


def write_guide(folder: Path) -> None:
    """Write a page for every topic, and the page that lists them."""
    folder.mkdir(parents=True)
    (folder / "index.md").write_text(_contents(), encoding="utf-8")
    for topic in topics():
        (folder / f"{topic.id}.md").write_text(topic_page(topic), encoding="utf-8")


def topic_page(topic: Topic) -> str:
    """Return a topic as Markdown, with what there was to see of it before what to try."""
    below = "".join(f"- [{one.title}]({one.id}.md): {one.summary}\n" for one in children(topic.id))
    before = f"\n{below}{_seen(topic)}"
    return topic.as_markdown().replace(TRY_IT, f"{before}{TRY_IT}", 1)


def guide_entries(parent: str | None = None) -> list[Any]:
    """Return the guide's branch of the navigation, in reading order."""
    entries: list[Any] = ["guide/index.md"] if parent is None else []
    for topic in children(parent):
        page = f"guide/{topic.id}.md"
        if children(topic.id):
            entries.append({topic.title: [{"Overview": page}, *guide_entries(topic.id)]})
        else:
            entries.append({topic.title: page})
    return entries


def _seen(topic: Topic) -> str:
    if topic.demonstration is None:
        return ""
    recorded = read_recorded(topic.demonstration)
    if recorded is None:
        return f"\n## See it here\n\n`hearth guide {topic.id} --demo` shows it on your machine.\n"
    machine, demonstration = recorded
    lines = str(draw_demonstration(demonstration)).splitlines()
    drawn = "\n".join(line for line in lines if line.strip())
    return (
        "\n## See it here\n\n"
        f'<section class="demo" aria-label="See it here">\n{drawn}\n</section>\n\n'
        f"Recorded on {machine}. `hearth guide {topic.id} --demo` shows it on yours.\n"
    )


def _contents() -> str:
    chapters = "".join(_listed(topic, 0) for topic in children(None))
    return (
        "# Guide\n\nShort answers about language models at home, each with its sources, and most "
        "with something to see. `hearth guide` has the same topics, and shows them on your own "
        f"machine.\n\n{chapters}"
    )


def _listed(topic: Topic, depth: int) -> str:
    line = f"{'    ' * depth}- [{topic.title}]({topic.id}.md)\n"
    return line + "".join(_listed(one, depth + 1) for one in children(topic.id))
