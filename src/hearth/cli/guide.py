"""`hearth guide`: the tree of topics, one topic, a search, and what there is to see of it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, ModelOption
from hearth.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from hearth.guide import Topic
    from hearth.guide.search import Hit

PAGE_WIDTH = 80  # columns in which running text is still easily read

TopicName = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TOPIC]", help="What to read about, such as `context`; default: list all."
    ),
]
Search = Annotated[
    str | None,
    typer.Option("--search", metavar="WORDS", help="List the topics that fit these words."),
]
Demo = Annotated[
    bool, typer.Option("--demo", help="Show what there is to see of the topic on this machine.")
]
Demos = Annotated[
    bool, typer.Option("--demos", help="List what there is to see, and in which topics.")
]


def guide(
    name: TopicName = None,
    *,
    search: Search = None,
    demo: Demo = False,
    demos: Demos = False,
    model: ModelOption = None,
    as_json: AsJson = False,
) -> None:
    """Answer a newcomer's questions about language models, each in a minute.

    A topic goes by any of its names: `hearth guide ctx` shows the one on context.
    """
    wanted = " ".join(name or [])
    if sum((bool(wanted), search is not None, demos)) > 1 or (demo and not wanted):
        raise InvalidRequest(
            "A topic, --search and --demos are three questions, and --demo is about a topic.",
            hint="For example `hearth guide tokens --demo`, or `hearth guide --search 'too slow'`.",
        )
    if search is not None:
        _show_hits(search, as_json)
    elif demos:
        _show_demonstrations(as_json)
    elif demo:
        _show_demonstration(wanted, model, as_json)
    elif wanted:
        _show_topic(wanted, as_json)
    else:
        _show_tree(as_json)


def draw_hits(hits: tuple[Hit, ...]) -> None:
    """Draw topics that were found, the best first, each with its first sentence."""
    out = console.out()
    for number, hit in enumerate(hits, start=1):
        out.print(f"{number}. {_label(hit.topic)}")
        out.print(f"   {console.literal(hit.topic.summary)}")


def _show_hits(words: str, as_json: bool) -> None:
    from hearth.guide.search import search

    hits = search(words)
    if as_json:
        console.write_json([{"score": hit.score, **hit.topic.as_data()} for hit in hits])
        return
    draw_hits(hits)
    what = "`hearth guide TOPIC` shows one." if hits else "`hearth guide` lists them all."
    console.note(f"{len(hits)} topics fit. {what}")


def _show_demonstrations(as_json: bool) -> None:
    from hearth.guide import topics
    from hearth.guide.demonstrations import names

    shown_in = {
        name: [topic.id for topic in topics() if topic.demonstration == name] for name in names()
    }
    if as_json:
        console.write_json(shown_in)
        return
    shown = console.table("to see", "in the topics")
    for name, found in shown_in.items():
        shown.add_row(name, ", ".join(found))
    console.out().print(shown)
    console.note("`hearth guide NAME --demo` shows one on this machine.")


def _show_demonstration(wanted: str, model: str | None, as_json: bool) -> None:
    from hearth.cli.demonstration_drawing import draw
    from hearth.guide.demonstrations import Surroundings, run

    config = door.settings()
    name = _demonstration_of(wanted)

    async def work() -> None:
        async with door.engine(config) as engine:
            around = Surroundings(config=config, engine=engine, model=model or config.model)
            made = await run(name, around)
            if as_json:
                console.write_json(made)
            else:
                draw(made)

    door.run(work())


def _demonstration_of(wanted: str) -> str:
    """Return the demonstration of this name, or that of the topic of this name."""
    from hearth.guide import find
    from hearth.guide.demonstrations import names

    if wanted in names():
        return wanted
    topic = find(wanted).topic
    if topic.demonstration is None:
        raise NotFound(
            f"There is nothing to see of {topic.title!r}: {topic.no_demonstration}",
            hint="`hearth guide --demos` lists what there is.",
            param="topic",
        )
    return topic.demonstration


def _show_topic(wanted: str, as_json: bool) -> None:
    from hearth.guide import find

    found = find(wanted)
    if not found.exact:
        console.note(f"No topic is called {wanted!r}; this is the nearest.")
    if as_json:
        console.write_json(found.topic.as_data())
    elif console.out().is_terminal:
        _draw(found.topic)
    else:
        console.write(found.topic.as_markdown())


def _show_tree(as_json: bool) -> None:
    from rich.tree import Tree

    from hearth.guide import children, topics

    if as_json:
        console.write_json([topic.as_data() for topic in topics()])
        return
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
    out.print("\nSee it here\n", style="bold")
    seen = topic.no_demonstration or f"`hearth guide {topic.id} --demo`"
    _draw_markdown(out, seen, width)
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
