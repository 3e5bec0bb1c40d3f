"""Votes as files of JSON lines: whole, to keep and to count again, or as preferences to learn from.

A preference is a pair of answers of which one was better: `prompt` and the two answers as lists of
messages, the form that trainers such as TRL's `DPOTrainer` read
(https://huggingface.co/docs/trl/dataset_formats#preference). Ties, both-bad, repeats and equal
texts say nothing of that kind and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from hearth.measure.arena.answering import messages_for
from hearth.measure.arena.tallies import is_counted
from hearth.store.voted import Contestant, Outcome, ShownAnswer, Vote

FORMAT, VERSION = "hearth-votes", 1


def export_votes(votes: Iterable[Vote], contestants: Iterable[Contestant]) -> Iterator[bytes]:
    """Yield lines: what the file is, each contestant, each vote with both answers."""
    yield _line({"format": FORMAT, "version": VERSION})
    for contestant in contestants:
        yield _line({"contestant": contestant, "key": contestant.key})
    for vote in votes:
        yield _line({"vote": vote})


def export_preferences(
    votes: Iterable[Vote], contestants: Mapping[str, Contestant]
) -> Iterator[bytes]:
    """Yield a line for each vote that names a better answer.

    Args:
        votes: In any order.
        contestants: By their keys.
    """
    for vote in votes:
        if not is_counted(vote) or vote.outcome is Outcome.TIE:
            continue
        left_won = vote.outcome is Outcome.LEFT
        better, worse = vote.left_answer, vote.right_answer
        author, other = contestants[vote.left], contestants[vote.right]
        if not left_won:
            better, worse, author, other = worse, better, other, author
        if better.text != worse.text:
            yield _line(
                {
                    "prompt": messages_for(author, vote.prompt),
                    "chosen": [_turn(better)],
                    "rejected": [_turn(worse)],
                    "chosen_by": author.name,
                    "rejected_by": other.name,
                }
            )


def _turn(answer: ShownAnswer) -> dict[str, str]:
    return {"role": "assistant", "content": answer.text}


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"
