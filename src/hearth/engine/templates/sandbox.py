"""Render a model's own Jinja2 template as transformers does, inside the immutable sandbox.

A chat template is code that came with the model, so it is hostile until shown otherwise. The
sandbox keeps it from reaching Python; it does not keep it from running for ever or from asking for
all memory, which is why this module is run only by `hearth.engine.templates`, a process with
limits. Same environment, helpers and variables as `transformers.apply_chat_template`, so that a
template written for it renders to the same text; two differences, both refusals: `lipsum` does not
exist, and an unsafe attribute is an error at once instead of an undefined value.

Source: transformers 5, `utils/chat_template_utils.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import jinja2
import jinja2.debug  # jinja2 imports it at the first error, which is too late in a confined process
import jinja2.ext
import jinja2.nodes
import jinja2.parser
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from hearth.engine.templates.messages import UNUSABLE_HINT
from hearth.errors import TemplateError, TemplateTimeout, TemplateUnsafe

MAX_MESSAGE_CHARS = 300


class TemplateSandbox:
    """Compiles templates and renders them; the template used last stays compiled.

    Args:
        max_output_bytes: Longest text that a template may produce.
    """

    def __init__(self, max_output_bytes: int) -> None:
        self._max_output_bytes = max_output_bytes
        self._environment = _environment()
        self._source: str | None = None
        self._template = jinja2.Template("")

    def render(self, source: str, variables: dict[str, Any]) -> str:
        """Render a template. What the template does wrong comes out as any kind of exception.

        Raises:
            TemplateTimeout: The text is longer than `max_output_bytes`.
            Exception: Whatever the template ran into; see `as_template_error`.
        """
        if source != self._source:
            self._template = self._environment.from_string(source)
            self._source = source
        parts: list[str] = []
        size_bytes = 0
        for part in self._template.generate(variables):
            size_bytes += len(part.encode())
            if size_bytes > self._max_output_bytes:
                raise TemplateTimeout(
                    "The model's chat template produced more than "
                    f"{self._max_output_bytes:,} bytes of text.",
                    hint=UNUSABLE_HINT,
                )
            parts.append(part)
        return "".join(parts)


def as_template_error(error: Exception) -> TemplateError:
    """Say in Hearth's words what a template ran into."""
    match error:
        case TemplateError():
            return error
        case SecurityError():
            return TemplateUnsafe(
                f"The model's chat template is not safe: {_brief(error)}.", hint=UNUSABLE_HINT
            )
        case MemoryError():
            return TemplateTimeout(
                "The model's chat template ran out of memory.", hint=UNUSABLE_HINT
            )
        case RecursionError():
            return TemplateError(
                "The model's chat template is nested too deeply.", hint=UNUSABLE_HINT
            )
        case jinja2.TemplateSyntaxError():
            return TemplateError(
                f"The model's chat template is faulty in line {error.lineno}: {_brief(error)}.",
                hint=UNUSABLE_HINT,
            )
        case jinja2.TemplateError():
            return TemplateError(
                f"The model's chat template refused the conversation: {_brief(error)}.",
                hint="Change the conversation as it asks.",
            )
        case _:
            name = type(error).__name__
            return TemplateError(
                f"The model's chat template failed: {name}: {_brief(error)}.", hint=UNUSABLE_HINT
            )


def _brief(error: Exception) -> str:
    """Return an error's own words on one line, cut, without control characters."""
    text = str(error.message if isinstance(error, jinja2.TemplateError) else error)
    line = "".join(char if char.isprintable() else " " for char in text[:MAX_MESSAGE_CHARS])
    return line.strip().rstrip(".")


def _environment() -> ImmutableSandboxedEnvironment:
    environment = _Sandbox(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_GenerationBlock, jinja2.ext.loopcontrols],
    )
    del environment.globals["lipsum"]
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    environment.globals["namespace"] = _SafeNamespace
    return environment


class _Sandbox(ImmutableSandboxedEnvironment):
    """The immutable sandbox; reaching for something unsafe is an error at once."""

    def unsafe_undefined(self, obj: Any, attribute: str) -> NoReturn:
        raise SecurityError(f"it reaches for {attribute!r} of a {type(obj).__name__!r} object")


class _GenerationBlock(jinja2.ext.Extension):
    """`{% generation %}` marks the assistant's words for training; rendering passes it through."""

    tags = {"generation"}  # noqa: RUF012 - jinja2 declares it as an instance variable

    def parse(self, parser: jinja2.parser.Parser) -> jinja2.nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        # A call block, as transformers has it, so that what is set inside stays inside.
        call = self.call_method("_pass_through")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _pass_through(self, caller: Callable[[], str]) -> str:
        return caller()


class _SafeNamespace(Namespace):
    """Jinja2's namespace without names that begin with an underscore, as transformers has it."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        # No parameter may be called `self`: templates may write `namespace(self=...)`.
        self, attributes = args[0], dict(*args[1:], **kwargs)
        for name in attributes:
            _check_name(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"it sets {name!r} on a namespace")


def _raise_exception(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _strftime_now(pattern: str) -> str:
    return datetime.now().strftime(pattern)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Write JSON; unlike jinja2's own filter it does not escape HTML, as models expect."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
