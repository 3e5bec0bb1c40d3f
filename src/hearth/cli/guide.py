"""`hearth guide`: the tree of topics, and one topic with what to type to see it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from hearth.guide import Topic

PAGE_WIDTH = 80  # columns in which running text is still easily read

TopicName = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TOPIC]", help="What to read about, such as `context`; default: list all."
    ),
]


def guide(name: TopicName = None, *, as_json: AsJson = False) -> None:
    """Answer a newcomer's questions about language models, each in a minute.

    A topic goes by any of its names: `hearth guide ctx` shows the one on context.
    """
    from hearth.guide import find, topics

    if not name:
        if as_json:
            console.write_json([topic.as_data() for topic in topics()])
        else:
            _draw_tree()
        return
    found = find(" ".join(name))
    if not found.exact:
        console.note(f"No topic is called {' '.join(name)!r}; this is the nearest.")
    if as_json:
        console.write_json(found.topic.as_data())
    elif console.out().is_terminal:
        _draw(found.topic)
    else:
        console.write(found.topic.as_markdown())


def _draw_tree() -> None:
    from rich.tree import Tree

    from hearth.guide import children, topics

    out = console.out()
    for chapter in children(None):
        branch = Tree(_label(chapter), guide_style="dim")
        _grow(branch, chapter)
        out.print(branch)
        out.print()
    console.note(f"{len(topics())} topics. `hearth guide TOPIC` shows one.")


def _grow(branch: Tree, parent: Topic) -> None:
    from hearth.guide import children

    for topic in children(parent.id):
        _grow(branch.add(_label(topic)), topic)


def _label(topic: Topic) -> str:
    title = console.literal(topic.title)
    shown = title if topic.parent else f"[bold]{title}[/bold]"
    return f"{shown}  [dim]{topic.id}[/dim]"


def _draw(topic: Topic) -> None:
    from rich.padding import Padding

    from hearth.guide import path_to

    out = console.out()
    width = min(PAGE_WIDTH, out.width)
    above = " / ".join(one.title for one in path_to(topic)[:-1])
    out.print()
    if above:
        out.print(console.literal(above), style="dim")
    out.print(console.literal(topic.title), style="bold")
    out.print()
    _draw_markdown(out, topic.answer, width)
    out.print("\nTry it\n", style="bold")
    _draw_markdown(out, topic.try_it, width)
    out.print("\nMore\n", style="bold")
    for source in topic.sources:
        out.print(Padding(console.literal(source.title), (0, 0, 0, 2)), width=width)
        out.print(f"  [dim]{console.literal(source.url)}[/dim]", soft_wrap=True)
    out.print(f"\n[dim]{topic.level} · checked {topic.checked.isoformat()}[/dim]")


def _draw_markdown(out: Console, text: str, width: int) -> None:
    from rich.markdown import Markdown
    from rich.theme import Theme

    # Rich's own style for code is a black box, which looks torn out of a light terminal.
    with out.use_theme(Theme({"markdown.code": "bold cyan"})):
        out.print(Markdown(text, code_theme="ansi_dark"), width=width)
