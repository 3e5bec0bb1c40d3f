"""Measure what a model keeps of a conversation: compose, ask, score, draft a record."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.asking import (
    Asked,
    Progress,
    Question,
    Session,
    ask_model,
    draft_of,
    figure,
    share,
    table,
)
from hearth.measure.conversation.conversation import Dialogue, compose
from hearth.measure.conversation.plan import ANSWER_TOKENS, LONGEST_BY_ITSELF, ConversationPlan
from hearth.measure.conversation.scoring import (
    ConversationScores,
    FactAsked,
    score,
    self_test,
)
from hearth.measure.evidence import Draft, Figure, Record, find_subject

KIND = "conversation"


def measure_conversation(
    config: Config,
    model: str,
    plan: ConversationPlan | None = None,
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Draft:
    """Return what a model keeps of a conversation, and up to which length.

    Args:
        config: Says where models lie and how they are run.
        model: A name of the library, a reference or a path.
        plan: Which lengths, and how many conversations of each.
        progress: Told how far it is.
        cancelled: Set to stop.

    Raises:
        ControlFailed: Known answers are not read as they must be.
        InvalidRequest: A length does not fit the model's context, or the facts a length.
        HearthError: The model is not here, cannot be loaded, or fails.
    """
    wanted = plan or ConversationPlan()
    longest = max(wanted.lengths, default=LONGEST_BY_ITSELF)

    async def work(session: Session) -> list[FactAsked]:
        prepared = await _prepare(session, wanted)
        self_test([asked for asked, _ in prepared], seed=wanted.seed)  # before anything is asked
        replies = await session.ask_all([question for _, question in prepared])
        return [
            asked.answered(reply.text, reply.prompt_tokens)
            for (asked, _), reply in zip(prepared, replies, strict=True)
        ]

    asked = ask_model(
        config,
        model,
        work,
        context=longest + ANSWER_TOKENS,
        progress=progress,
        cancelled=cancelled,
    )
    controls = self_test(asked.found, seed=wanted.seed)
    return _draft(asked, score(asked.found, controls, needed=wanted.needed), wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationArguments:
    """What a job is asked for.

    Args:
        model: A name of the library, a reference or a path.
        plan: How it is measured.
    """

    model: str
    plan: ConversationPlan = field(default_factory=ConversationPlan)


def bench_conversation(
    arguments: ConversationArguments, config: Config, progress: Progress, cancelled: threading.Event
) -> Draft:
    """Measure as a job does; see `measure_conversation`."""
    return measure_conversation(
        config, arguments.model, arguments.plan, progress=progress, cancelled=cancelled
    )


def replay(record: Record, config: Config, progress: Progress) -> Draft:
    """Measure again what a record tells of, with its own plan.

    Raises:
        ModelNotFound: The bytes that were measured are not here.
    """
    model = str(find_subject(config, record.subjects[0]))
    settings = record.settings
    plan = ConversationPlan(
        lengths=tuple(settings["lengths"]),
        conversations=settings["conversations"],
        facts=settings["facts"],
        seed=settings["seed"],
        needed=settings["needed"],
    )
    return measure_conversation(config, model, plan, progress=progress)


async def _prepare(session: Session, plan: ConversationPlan) -> list[tuple[FactAsked, Question]]:
    """Compose every conversation, and a question for each of its facts."""
    found: list[tuple[FactAsked, Question]] = []
    for length in plan.lengths_within(session.status.context):
        for number in range(plan.conversations):
            session.progress(0, 0, f"Composing conversations of {length:,} tokens")
            seed = plan.seed * plan.conversations + number
            dialogue = await compose(length, facts=plan.facts, seed=seed, count=session.count)
            found += await _questions(session, dialogue, length, number, plan.seed)
    return found


async def _questions(
    session: Session, dialogue: Dialogue, length: int, number: int, seed: int
) -> list[tuple[FactAsked, Question]]:
    whole = await session.count(dialogue.messages)
    found = []
    for fact in dialogue.facts:
        told = await session.count(dialogue.messages[: fact.told_at])
        asked = FactAsked(
            length=length,
            distance=whole - told,
            depth=fact.depth,
            question=fact.question,
            value=fact.value,
            former=fact.former,
            values=dialogue.values,
        )
        question = Question(
            id=f"conversation {number + 1} of {length:,} tokens",
            messages=dialogue.asking(fact),
            max_tokens=ANSWER_TOKENS,
            seed=seed,
        )
        found.append((asked, question))
    return found


def _draft(
    asked: Asked[list[FactAsked]], scores: ConversationScores, plan: ConversationPlan
) -> Draft:
    lengths = sorted(scores.by_length)
    found = ", ".join(f"{count} {kind.value}" for kind, count in scores.answers.items() if count)
    return draft_of(
        KIND,
        asked,
        controls=scores.controls,
        summary=_summary(scores),
        items=table([each.as_row() for each in asked.found]),
        plan={**asdict(plan), "lengths": lengths},
        options=_options(plan, lengths),
        seed=plan.seed,
        notes=(
            f"Facts kept at {lengths[0]:,} tokens: {scores.chance}.",
            f"Effective context: the greatest length up to which {plan.needed:.0%} are kept; 0 "
            "means not even the shortest that was tried.",
            f"Answers: {found}.",
        ),
    )


def _summary(scores: ConversationScores) -> dict[str, Figure]:
    return {
        "effective context": figure(scores.effective, unit="tokens", higher_is="better"),
        **{f"kept at {length} tokens": share(each) for length, each in scores.by_length.items()},
        **{f"kept at depth {depth:.0%}": share(each) for depth, each in scores.by_depth.items()},
        "kept, told once": share(scores.told_once),
        "kept, changed since": share(scores.changed),
    }


def _options(plan: ConversationPlan, lengths: Sequence[int]) -> tuple[str, ...]:
    return (
        *("--lengths", ",".join(map(str, lengths))),
        *("--conversations", str(plan.conversations)),
        *("--facts", str(plan.facts)),
        *("--needed", f"{plan.needed:g}"),
        *("--seed", str(plan.seed)),
    )


def parse_lengths(text: str) -> tuple[int, ...]:
    """Return the lengths that a text such as "512,2048" names.

    Raises:
        InvalidRequest: It names none.
    """
    try:
        return tuple(int(part.replace("_", "")) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InvalidRequest(
            f"{text!r} names no lengths in tokens, separated by commas.",
            hint="For example --lengths 512,2048,8192.",
            param="lengths",
        ) from error
