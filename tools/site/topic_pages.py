"""The guide's topics as pages of the static documentation, with what was recorded of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from record_demonstrations import read_recorded

from hearth.guide import Topic, children, topics
from hearth.web.components.demonstration import draw_demonstration

SEE_IT = "\n## See it here\n"
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
    answer, _, rest = topic.as_markdown().partition(SEE_IT)
    seen, _, more = rest.partition(TRY_IT)
    return f"{answer}\n{below}{SEE_IT}{_recorded(topic) or seen}{TRY_IT}{more}"


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


def _recorded(topic: Topic) -> str:
    """Return what was recorded of a topic; nothing where nothing was."""
    recorded = read_recorded(topic.demonstration) if topic.demonstration else None
    if recorded is None:
        return ""
    machine, demonstration = recorded
    lines = str(draw_demonstration(demonstration)).splitlines()
    drawn = "\n".join(line for line in lines if line.strip())
    return (
        f'\n<section class="demo" aria-label="See it here">\n{drawn}\n</section>\n\n'
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
