"""The options of text generation, made from `SamplingParams` so that the two cannot drift apart.

A command that is decorated with `with_generation` and takes a parameter `generation` gets one
command-line option per sampling setting, and receives them checked, as one `Generation`.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Annotated, Any

import typer

from hearth.core import (
    SAMPLING_RANGES,
    ContextPolicy,
    GenerateRequest,
    Message,
    SamplingParams,
)
from hearth.errors import InvalidRequest


def token_count(text: str) -> int:
    """Read a number of tokens as people write it: 8192, 8,192 or 32k.

    Raises:
        typer.BadParameter: It is no such number.
    """
    from hearth.plan.claims.patterns import tokens

    found = re.fullmatch(r"(\d[\d,]*(?:\.\d+)?)\s*([km]?)", text.strip().lower())
    if found is None:
        raise typer.BadParameter(f"{text[:40]!r} is no number of tokens; 8192 and 32k are.")
    try:
        return tokens(found[1].replace(",", ""), found[2] or None)
    except InvalidRequest as error:
        raise typer.BadParameter(str(error)) from error


AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Model; default: the setting `model`.")
]

SAMPLING_HELP = {
    "temperature": "Randomness; 0 always takes the most likely token.",
    "top_k": "Draw from the k most likely tokens; 0: no limit.",
    "top_p": "Draw from the most likely tokens that add up to p.",
    "min_p": "Drop tokens less likely than this part of the most likely one.",
    "typical_p": "Locally typical sampling; 1: off.",
    "repeat_penalty": "Divide the scores of recent tokens; 1: off.",
    "repeat_last_n": "How many tokens back the penalties look.",
    "presence_penalty": "Lower the score of a token that has appeared.",
    "frequency_penalty": "Lower the score by each appearance.",
    "mirostat": "Mirostat version; 0: off.",
    "mirostat_tau": "Mirostat's target surprise.",
    "mirostat_eta": "Mirostat's learning rate.",
    "seed": "Number that fixes the random draws; default: a fresh one.",
}
_PANEL = "Sampling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How an answer is to be made, apart from what it answers."""

    sampling: SamplingParams = field(default_factory=SamplingParams)
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    context_policy: ContextPolicy = ContextPolicy.REFUSE
    cache: bool = True

    def request(
        self,
        model: str,
        *,
        messages: Sequence[Message] | None = None,
        prompt: str | None = None,
    ) -> GenerateRequest:
        """Return the request for a conversation, or for a prompt taken as it is."""
        return GenerateRequest(
            model=model,
            messages=tuple(messages) if messages is not None else None,
            prompt=prompt,
            sampling=self.sampling,
            max_tokens=self.max_tokens,
            stop=self.stop,
            context_policy=self.context_policy,
            cache=self.cache,
        )


def with_generation(*left_out: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's parameter `generation` by the options that describe it.

    Args:
        left_out: Options that this command does not offer.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        added = [p for p in (*_sampling_options(), *_other_options()) if p.name not in left_out]

        @wraps(command)
        def wrapped(**given: Any) -> None:
            ours = {parameter.name: given.pop(parameter.name) for parameter in added}
            command(**given, generation=_generation(**ours))

        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.name != "generation"]
        wrapped.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*own, *added]
        )
        wrapped.__annotations__ = {}
        return wrapped

    return decorate


def _sampling_options() -> list[inspect.Parameter]:
    return [
        _option(
            setting.name,
            type_=float if setting.default.__class__ is float else int,
            default=setting.default,
            help_=_help(setting.name),
        )
        for setting in dataclasses.fields(SamplingParams)
        if setting.name in SAMPLING_RANGES
    ]


def _help(name: str) -> str:
    low, high = SAMPLING_RANGES[name]
    return f"{SAMPLING_HELP[name]} ({low:.10g} to {high:.10g})"


def _other_options() -> list[inspect.Parameter]:
    return [
        _option(
            "logit_bias",
            type_=list[str],
            default=[],
            help_="Add BIAS to the score of the token ID; may be repeated.",
            metavar="ID=BIAS",
        ),
        _option(
            "max_tokens",
            type_=int,
            default=None,
            help_="Most tokens to generate; default: to the end of the context.",
        ),
        _option(
            "stop",
            type_=list[str],
            default=[],
            help_="End the answer where this text appears; may be repeated.",
            metavar="TEXT",
        ),
        _option(
            "context_policy",
            type_=ContextPolicy,
            default=ContextPolicy.REFUSE,
            help_="What to do with a prompt that is longer than the context.",
        ),
        _option(
            "cache",
            flag="--cache/--no-cache",
            type_=bool,
            default=True,
            help_="Use what was computed for earlier prompts, and keep this one's.",
        ),
    ]


def _option(
    name: str,
    *,
    type_: Any,
    default: Any,
    help_: str,
    metavar: str | None = None,
    flag: str | None = None,
) -> inspect.Parameter:
    flag = flag or "--" + name.replace("_", "-")
    wanted = type_ | None if default is None else type_
    option = typer.Option(flag, help=help_, rich_help_panel=_PANEL, metavar=metavar)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[wanted, option]
    )


def _generation(
    *,
    logit_bias: list[str],
    max_tokens: int | None,
    context_policy: ContextPolicy,
    cache: bool,
    stop: Sequence[str] = (),
    **sampling: Any,
) -> Generation:
    return Generation(
        sampling=SamplingParams(logit_bias=dict(map(_bias, logit_bias)), **sampling),
        max_tokens=max_tokens,
        stop=tuple(stop),
        context_policy=context_policy,
        cache=cache,
    )


def _bias(text: str) -> tuple[int, float]:
    token, _, bias = text.partition("=")
    try:
        return int(token), float(bias)
    except ValueError as error:
        raise InvalidRequest(
            f"--logit-bias {text!r} is not of the form ID=BIAS.",
            param="logit_bias",
            hint="For example --logit-bias 198=-100; `hearth tokens` shows the ids.",
        ) from error
