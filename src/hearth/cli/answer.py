"""`hearth run` and `hearth prompt`: one question, one answer on stdout, figures on stderr."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, Generation, with_generation
from hearth.cli.stdin import read_prompt
from hearth.core import (
    Delta,
    Finished,
    GenerateEvent,
    GenerateRequest,
    Message,
    Receipt,
    Role,
    Started,
)
from hearth.errors import InvalidRequest

Prompt = Annotated[
    list[str] | None,
    typer.Argument(
        help="What to ask; piped text is added, `-` waits for it.",
        show_default=False,
        metavar="[PROMPT]...",
    ),
]
System = Annotated[str | None, typer.Option("--system", help="System prompt.")]
Raw = Annotated[
    bool, typer.Option("--raw", help="Continue the prompt as it is, without the chat template.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Write no figures to stderr.")]


@with_generation()
def run(
    model: Annotated[str, typer.Argument(help="A name from `hearth models list`, or a path.")],
    prompt: Prompt = None,
    *,
    system: System = None,
    raw: Raw = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    generation: Generation,
) -> None:
    """Ask a model one question; stdout is the answer and nothing else."""
    _answer(model, prompt or [], system, raw, quiet, as_json, generation)


@with_generation()
def prompt(
    words: Prompt = None,
    *,
    system: System = None,
    raw: Raw = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    generation: Generation,
) -> None:
    """Ask the default model; `hearth "prompt"` is short for it."""
    _answer(None, words or [], system, raw, quiet, as_json, generation)


def _answer(
    model: str | None,
    words: list[str],
    system: str | None,
    raw: bool,
    quiet: bool,
    as_json: bool,
    generation: Generation,
) -> None:
    config = door.settings()
    request = _request(model or config.model, read_prompt(words), system, raw, generation)
    answer = Answer(quiet=quiet or as_json, streams=not as_json)

    async def work() -> None:
        async with door.engine(config) as engine:
            await door.load(engine, request.model)
            async with aclosing(engine.generate(request)) as events:
                async for event in events:
                    answer.take(event)

    door.run(work())
    if as_json:
        console.write_json(answer.as_data(request.model))


def _request(
    model: str, prompt: str, system: str | None, raw: bool, generation: Generation
) -> GenerateRequest:
    if not raw:
        messages = [Message(role=Role.USER, content=prompt)]
        if system is not None:
            messages.insert(0, Message(role=Role.SYSTEM, content=system))
        return generation.request(model, messages=messages)
    if system is not None:
        raise InvalidRequest(
            "--system and --raw were both given; a raw prompt has no system prompt.",
            param="system",
            hint="Leave one of them out.",
        )
    return generation.request(model, prompt=prompt)


@dataclass(slots=True, kw_only=True)
class Answer:
    """Collects an answer from its events, and shows it while it comes.

    Args:
        quiet: Leave out the line of figures. A receipt is always shown.
        streams: Write the text to stdout as it arrives.
    """

    quiet: bool
    streams: bool
    text: str = ""
    receipt: Receipt | None = None
    finished: Finished | None = field(default=None)

    def take(self, event: GenerateEvent) -> None:
        """Take the next event of the answer."""
        match event:
            case Started(receipt=receipt) if receipt is not None:
                self.receipt = receipt
                console.note(receipt_line(receipt))
            case Delta(text=text):
                self.text += text
                if self.streams:
                    console.write(text)
            case Finished():
                self._finish(event)

    def _finish(self, event: Finished) -> None:
        self.finished = event
        if self.streams and not self.text.endswith("\n"):
            console.write("\n")
        if not self.quiet:
            console.note(figures_line(event))

    def as_data(self, model: str) -> dict[str, Any]:
        """Return the whole answer with its figures, for `--json`."""
        assert self.finished is not None, "an answer ends in `Finished` or in an error"
        timings = self.finished.timings
        return {
            "model": model,
            "text": self.text,
            "finish_reason": self.finished.reason,
            "stop_text": self.finished.stop_text,
            "usage": self.finished.usage,
            "timings": timings,
            "first_token_s": timings.first_token_s,
            "tokens_per_s": tokens_per_s(self.finished),
            "receipt": self.receipt,
        }


def tokens_per_s(event: Finished) -> float | None:
    """Return how fast the answer came, first token excluded; None where it is too short to say."""
    intervals = event.usage.completion_tokens - 1
    if intervals < 1 or event.timings.decode_s <= 0:
        return None
    return intervals / event.timings.decode_s


def figures_line(event: Finished) -> str:
    """Return one line with the time to the first token, the speed and the tokens."""
    usage = event.usage
    rate = tokens_per_s(event)
    cached = f" ({usage.cached_tokens} from the cache)" if usage.cached_tokens else ""
    guessed = f" ({usage.accepted_tokens} guessed ahead)" if usage.accepted_tokens else ""
    return " · ".join(
        [
            f"first token {event.timings.first_token_s:.2f} s",
            f"{rate:.1f} tokens/s" if rate is not None else "too short for a speed",
            f"prompt {usage.prompt_tokens} tokens{cached}",
            f"answer {usage.completion_tokens} tokens{guessed}, ended by {event.reason.value}",
        ]
    )


def receipt_line(receipt: Receipt) -> str:
    """Return what a context policy dropped from the prompt, in one line."""
    dropped = len(receipt.dropped_messages)
    which = f", {dropped} messages left out" if dropped else ""
    return (
        f"The prompt was cut ({receipt.policy.value}): {receipt.prompt_tokens_before} tokens to "
        f"{receipt.prompt_tokens_after}, context {receipt.context_tokens}{which}."
    )
