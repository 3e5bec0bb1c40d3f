"""`hearth arena`: which of these answers better? By your own blind votes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest, NotFound, StoreError
from hearth.store.voted import Contestant, PromptSource

if TYPE_CHECKING:
    from hearth.cli.arena.drawing import Evidence
    from hearth.config import Config
    from hearth.measure.arena import Board
    from hearth.store.database import Database
    from hearth.store.votes import Votes

SPEC_HELP = (
    "A model's name or path, or a server's address (http://127.0.0.1:8080#NAME), with settings "
    "after a question mark: 'starter?temperature=0&system=Be brief.&name=brief'."
)
app = typer.Typer(
    help="Find out which answers better, by your own blind votes.", no_args_is_help=True
)
Named = Annotated[
    list[str] | None,
    typer.Argument(
        help="Contestants, by name or by the beginning of their key; default: all.",
        metavar="[NAME]...",
    ),
]


@app.command()
def vote(
    contestants: Annotated[
        list[str], typer.Argument(help=f"Two or more. {SPEC_HELP}", metavar="CONTESTANT...")
    ],
    *,
    prompt: Annotated[
        str | None, typer.Option("--prompt", "-p", help="Ask this; default: draw prompts.")
    ] = None,
    from_: Annotated[
        list[PromptSource] | None,
        typer.Option(
            "--from",
            help="Where prompts are drawn from: built_in (the default) or conversation (your own "
            "questions); may be repeated.",
        ),
    ] = None,
    votes: Annotated[
        int | None, typer.Option(min=1, help="Stop after this many votes; default: when you do.")
    ] = None,
    key_from: Annotated[
        list[str] | None,
        typer.Option(
            help="Environment variable that has a server's key; with several servers "
            "HOST=VARIABLE.",
            metavar="[HOST=]VARIABLE",
        ),
    ] = None,
) -> None:
    """Show two nameless answers side by side, and ask which is better; names come after the vote.

    Keys, each followed by Enter: 1 left, 2 right, 3 both equally good, 4 both bad, s skip, q quit.
    """
    config = door.settings()
    sources = from_ or [PromptSource.BUILT_IN]
    door.run(_vote(config, contestants, prompt, sources, votes, key_from or []))


async def _vote(
    config: Config,
    specs: list[str],
    prompt: str | None,
    sources: list[PromptSource],
    max_votes: int | None,
    key_from: list[str],
) -> None:
    from hearth.cli.arena.drawing import draw_board
    from hearth.cli.arena.screen import open_screen
    from hearth.cli.arena.voting import Voting, read_line
    from hearth.measure.arena import open_arena
    from hearth.measure.speed.targets import api_keys

    keys = api_keys(key_from, sum("://" in spec for spec in specs))
    async with door.engine(config) as engine:
        with _database(config) as database:
            arena = open_arena(config, database, engine, specs, sources=sources, keys=keys)
            voting = Voting(arena, open_screen(), read_line)
            if await voting.run(prompt, max_votes):
                draw_board(arena.board(), _recorded(config, database, arena.contestants))


@app.command()
def board(contestants: Named = None, *, as_json: AsJson = False) -> None:
    """Show what the votes say: who wins how often, with intervals, and what may be concluded."""
    from hearth.cli.arena.drawing import board_data, draw_board

    config = door.settings()
    with _database(config) as database:
        chosen = _chosen(database, contestants)
        shown = _board(database, chosen)
        evidence = _recorded(config, database, chosen)
    if as_json:
        console.write_json(board_data(shown, evidence))
    else:
        draw_board(shown, evidence)


@app.command("contestants")
def list_contestants(*, as_json: AsJson = False) -> None:
    """List everybody who was ever voted on, with what makes their answers."""
    from hearth.cli.arena.drawing import contestant_data, draw_contestants

    with _database(door.settings()) as database:
        found = _votes(database).contestants()
    if as_json:
        console.write_json([contestant_data(each) for each in found])
    elif found:
        draw_contestants(found)
    else:
        console.note("Nobody was voted on yet. `hearth arena vote MODEL MODEL` begins.")


@app.command()
def export(
    contestants: Named = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write here; default: standard output.")
    ] = None,
    preferences: Annotated[
        bool,
        typer.Option(
            "--preferences",
            help="Only votes that name a better answer, as prompt, chosen and rejected: what "
            "preference training reads.",
        ),
    ] = False,
) -> None:
    """Write votes with prompts and answers as JSON lines, to keep or to learn from."""
    from hearth.measure.arena import export_preferences, export_votes

    with _database(door.settings()) as database:
        kept = _votes(database)
        chosen = _chosen(database, contestants, least=1)
        by_key = {each.key: each for each in chosen}
        votes = kept.each(by_key)
        lines = export_preferences(votes, by_key) if preferences else export_votes(votes, chosen)
        if file is None:
            for line in lines:
                console.write(line.decode())
        else:
            _write(file, lines)


@app.command()
def judge(
    model: Annotated[str, typer.Argument(help=f"The judge. {SPEC_HELP}", metavar="MODEL")],
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most votes to judge, the newest first.")
    ] = None,
    key_from: Annotated[
        list[str] | None,
        typer.Option(
            help="Environment variable that has the server's key.", metavar="[HOST=]VARIABLE"
        ),
    ] = None,
) -> None:
    """Ask a model what it thinks of the pairs you voted on, and show how well it agrees with you.

    Both orders are asked. What a judge says is kept apart from the votes and counts for nobody.
    """
    door.run(_judge(door.settings(), model, limit, key_from or []))


async def _judge(config: Config, model: str, limit: int | None, key_from: list[str]) -> None:
    from hearth.cli.arena.drawing import draw_judges
    from hearth.measure.arena import contestants_of, judge_votes
    from hearth.measure.arena.answering import answering
    from hearth.measure.arena.remote import Servers
    from hearth.measure.speed.targets import api_keys

    (contestant,) = contestants_of(config, [model])
    servers = Servers(api_keys(key_from, 1))
    async with door.engine(config) as engine:
        with _database(config) as database:
            kept = _votes(database)
            chosen = _chosen(database, None)
            await judge_votes(
                contestant,
                answering(engine, servers),
                kept,
                limit=limit,
                progress=lambda done, total, doing: console.note(f"{done} of {total}. {doing}"),
            )
            draw_judges(_board(database, chosen))


@contextmanager
def _database(config: Config) -> Iterator[Database]:
    from contextlib import closing

    from hearth.config import ensure_home
    from hearth.store.database import open_database

    ensure_home(config)
    with closing(open_database(config)) as database:
        yield database


def _votes(database: Database) -> Votes:
    from hearth.store.votes import Votes

    return Votes(database)


def _board(database: Database, contestants: tuple[Contestant, ...]) -> Board:
    from hearth.measure.arena import make_board

    kept = _votes(database)
    votes = kept.list([each.key for each in contestants])
    return make_board(contestants, votes, suggestions=kept.suggestions())


def _recorded(config: Config, database: Database, contestants: tuple[Contestant, ...]) -> Evidence:
    from hearth.measure.arena import record_board
    from hearth.measure.evidence import Ledger

    votes = _votes(database).list([each.key for each in contestants])
    return record_board(config, Ledger(database), contestants, votes).id


def _chosen(
    database: Database, names: list[str] | None, *, least: int = 2
) -> tuple[Contestant, ...]:
    known = _votes(database).contestants()
    found = known
    if names:
        found = tuple({each.key: each for each in (_find(known, name) for name in names)}.values())
    if len(found) < least:
        raise InvalidRequest(
            f"{len(found)} of those who were voted on {'is' if len(found) == 1 else 'are'} meant; "
            f"{least} or more are needed.",
            hint="Vote with `hearth arena vote MODEL MODEL`; `hearth arena contestants` lists all.",
            param="contestants",
        )
    return found


def _find(known: tuple[Contestant, ...], name: str) -> Contestant:
    wanted = name.casefold()
    found = [each for each in known if each.name.casefold() == wanted]
    found = found or [each for each in known if each.key.startswith(wanted)]
    if len(found) != 1:
        raise NotFound(
            f"{name!r} names {len(found) or 'none'} of those who were voted on.",
            hint="`hearth arena contestants` lists them with their keys.",
            param="contestants",
        )
    return found[0]


def _write(file: Path, lines: Iterator[bytes]) -> None:
    import os

    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{file} cannot be written: {error.strerror or error}.") from error
