"""From what a person types to a target: MODEL, or [DIALECT+]URL#MODEL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from hearth.config import Config
from hearth.errors import InvalidRequest, NotAllowed
from hearth.measure.speed.target import Target
from hearth.measure.speed.targets.dialects import DIALECTS, Dialect
from hearth.measure.speed.targets.http import HttpTarget
from hearth.measure.speed.targets.keys import ApiKeys
from hearth.measure.speed.targets.local import LocalTarget
from hearth.models.library import Library

OLLAMA_PORT = 11434
ANTHROPIC_HOST = "api.anthropic.com"
EXAMPLE = "http://127.0.0.1:8080#NAME"
_BY_NAME: dict[str, Dialect] = {dialect.name: dialect for dialect in DIALECTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server, a dialect and a model."""

    dialect: Dialect
    base: str
    host: str
    model: str


def is_address(text: str) -> bool:
    """Return whether a target is a server's address, and not a model of this machine."""
    return "://" in text


def parse_address(text: str) -> Address:
    """Return the parts of an address.

    Without a dialect, port 11434 is Ollama's, Anthropic's own host Anthropic's, and any other
    OpenAI's.

    Raises:
        InvalidRequest: It is no such address, names no model, or has a password in it.
    """
    scheme = text.partition("://")[0].casefold()
    named, plus, _ = scheme.rpartition("+")
    if plus and named not in _BY_NAME:
        raise InvalidRequest(
            f"{named!r} is no dialect that Hearth speaks; there are {', '.join(_BY_NAME)}.",
            hint=f"For example openai+{EXAMPLE}.",
        )
    try:
        parts = urlsplit(text[len(named) + len(plus) :])
        host, port = (parts.hostname or "").casefold(), parts.port
    except ValueError as error:
        raise _no_address(text, str(error)) from error
    _check(text, parts, host)
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    dialect = _BY_NAME[named or _usual(host, port)]
    return Address(dialect=dialect, base=base, host=host, model=parts.fragment)


def open_target(config: Config, text: str, keys: ApiKeys, *, is_trusted: bool = True) -> Target:
    """Return the target that is meant; nothing is loaded or asked yet.

    Args:
        config: Says where Hearth's home is.
        text: A model's name or path, or an address.
        keys: Of servers.
        is_trusted: False for requests over the network: they may name neither paths nor servers.

    Raises:
        InvalidRequest: The address cannot be understood.
        ModelNotFound: Whoever asks may name no path, and the library has no such model.
        NotAllowed: Whoever asks may not name servers.
    """
    if not is_address(text):
        if not is_trusted:
            Library(config).resolve(text, allow_path=False)
        return LocalTarget(config, text)
    if not is_trusted:
        raise NotAllowed("Only this machine's own user may have other servers measured.")
    address = parse_address(text)
    return HttpTarget(
        name=text,
        base=address.base,
        model=address.model,
        dialect=address.dialect,
        key=keys.of(address.host),
    )


def _usual(host: str, port: int | None) -> str:
    if host == ANTHROPIC_HOST:
        return "anthropic"
    return "ollama" if port == OLLAMA_PORT else "openai"


def _check(text: str, parts: SplitResult, host: str) -> None:
    if parts.scheme not in ("http", "https") or not host or parts.query:
        raise _no_address(text, "it must be http or https, with a host and without a query")
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest(
            "An address must not have a name or a password in it: it goes into the record.",
            hint="Name the environment variable that has the key: --key-from VARIABLE.",
        )
    if not parts.fragment:
        raise InvalidRequest(
            f"{text} names no model.",
            hint=f"It stands after #: {EXAMPLE}. The server lists its models at /v1/models "
            "(Ollama: /api/tags).",
        )


def _no_address(text: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"{text!r} is no address of a server: {why}.",
        hint=f"For example {EXAMPLE}, or ollama+{EXAMPLE}.",
    )
