"""From what a person types to a contestant: MODEL, a server's address, either with settings.

    starter
    starter?temperature=0
    starter?system=Answer%20briefly.&name=brief
    ollama+http://127.0.0.1:11434#llama3.2:1b
    https://api.example.com/v1#big-model?temperature=0

Settings stand after `?` as in the query of an address: those of the sampler, `system`, `max_tokens`
and `name`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl

from hearth.config import Config
from hearth.core import SAMPLING_RANGES, SamplingParams
from hearth.errors import InvalidRequest, NotAllowed
from hearth.measure.arena.remote import check_settings
from hearth.measure.speed.targets.address import is_address, parse_address
from hearth.models.gguf.info import inspect
from hearth.models.library import Library
from hearth.models.library.hashing import digest_of_files
from hearth.models.library.identity import sample
from hearth.store.voted import Contestant

MAX_ANSWER_TOKENS = 4096
MAX_NAME_CHARS = 80
MAX_SYSTEM_CHARS = 20_000
OTHER_SETTINGS = ("system", "max_tokens", "name")
_KINDS = {each.name: type(each.default) for each in fields(SamplingParams)}


def contestants_of(
    config: Config, specs: Sequence[str], *, is_trusted: bool = True
) -> tuple[Contestant, ...]:
    """Return the contestants that are meant, each under a name of its own.

    Args:
        config: Says where the models are.
        specs: See the top of this file.
        is_trusted: False for requests over the network: they may name no files and no servers.

    Raises:
        ModelNotFound: There is no such model.
        InvalidRequest: A setting is unknown or out of its range, or an address is none.
        NotAllowed: Whoever asks may not name servers.
    """
    found = [contestant_of(config, spec, is_trusted=is_trusted) for spec in specs]
    names = [contestant.name for contestant in found]
    return tuple(
        contestant
        if names.count(contestant.name) == 1
        else replace(contestant, name=f"{contestant.name} ({number})")
        for number, contestant in enumerate(found, 1)
    )


def contestant_of(config: Config, spec: str, *, is_trusted: bool = True) -> Contestant:
    """Return the contestant that is meant; see `contestants_of`."""
    target, _, query = spec.partition("?")
    given = _read_settings(spec, query)
    found = _on_server(target, is_trusted) if is_address(target) else None
    found = found or _here(config, target, is_trusted)
    made = replace(
        found,
        system_prompt=_checked_text("system", given.get("system", ""), MAX_SYSTEM_CHARS),
        sampling=_sampling(given),
        max_tokens=_max_tokens(given) or found.max_tokens,
    )
    name = _checked_text("name", given.get("name", ""), MAX_NAME_CHARS) or _usual_name(made, given)
    made = replace(made, name=name)
    if made.url is not None:
        check_settings(made)
    return made


def _here(config: Config, name: str, is_trusted: bool) -> Contestant:
    entry = Library(config).resolve(name, allow_path=is_trusted)
    info = inspect(entry.path)
    template = info.chat_template
    return Contestant(
        name=entry.name,
        model=name,
        identity=digest_of_files(sample(file) for file in info.files),
        template=hashlib.sha256(template.encode()).hexdigest() if template else "",
    )


def _on_server(text: str, is_trusted: bool) -> Contestant:
    if not is_trusted:
        raise NotAllowed("Only this machine's own user may let other servers take part.")
    address = parse_address(text)
    return Contestant(
        name=f"{address.model} at {address.host}",
        model=address.model,
        url=address.base,
        dialect=address.dialect.name,
    )


def _usual_name(contestant: Contestant, given: Mapping[str, str]) -> str:
    """Return the model's name, with the settings that make it another contestant."""
    words = [f"{name} {value}" for name, value in given.items() if name not in OTHER_SETTINGS]
    if "max_tokens" in given:
        words.append(f"{given['max_tokens']} tokens")
    if "system" in given:
        words.append("with a system prompt")
    return ", ".join([contestant.name, *words])[:MAX_NAME_CHARS]


def _read_settings(spec: str, query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, strict_parsing=True, keep_blank_values=True) if query else []
    except ValueError as error:
        raise InvalidRequest(
            f"The settings of {spec!r} are not of the form name=value&name=value.",
            hint="For example 'starter?temperature=0&max_tokens=200'.",
            param="contestants",
        ) from error
    known = (*SAMPLING_RANGES, *OTHER_SETTINGS)
    for name, _ in pairs:
        if name not in known:
            raise InvalidRequest(
                f"{name!r} is no setting of a contestant; there are {', '.join(known)}.",
                param="contestants",
            )
    return dict(pairs)


def _sampling(given: Mapping[str, str]) -> SamplingParams:
    values = {
        name: _number(name, text, float if _KINDS[name] is float else int)
        for name, text in given.items()
        if name in SAMPLING_RANGES
    }
    return SamplingParams(**values)


def _max_tokens(given: Mapping[str, str]) -> int | None:
    if "max_tokens" not in given:
        return None
    wanted: int = _number("max_tokens", given["max_tokens"], int)
    if not 1 <= wanted <= MAX_ANSWER_TOKENS:
        raise InvalidRequest(
            f"max_tokens is {wanted}; 1 to {MAX_ANSWER_TOKENS} are allowed.", param="max_tokens"
        )
    return wanted


def _number(name: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise InvalidRequest(f"{name} is {text!r}; it must be a number.", param=name) from error


def _checked_text(name: str, text: str, max_chars: int) -> str:
    if len(text) > max_chars:
        raise InvalidRequest(
            f"{name} has {len(text):,} characters; at most {max_chars:,} are allowed.", param=name
        )
    return text
