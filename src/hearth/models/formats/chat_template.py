"""Tell from a chat template what the model was made for: tools, thinking, pictures.

The template is only cut into its words, by Jinja's own lexer, and never compiled or rendered here:
it is code from a stranger. Words in comments do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hearth.models.card import Abilities
from hearth.models.formats.documents import read_json, text_of
from hearth.models.formats.files import ModelFiles

MAX_TEMPLATE_CHARS = 256 * 1024  # the longest published ones are under 30,000
_TEMPLATE_FILE = "chat_template.jinja"
_SETTINGS_FILES = ("chat_template.json", "tokenizer_config.json")

# Variables and fields that templates use, and marks that they write.
_TOOL_NAMES = frozenset({"tools", "tool_calls", "available_tools", "builtin_tools"})
_THINKING_NAMES = frozenset(
    {"enable_thinking", "thinking", "reasoning_content", "reasoning_effort", "reasoning"}
)
_THINKING_MARKS = (
    "<think",
    "</think",
    "<|channel",
    "<|think",
    "<thought",
    "[THINK]",
    "<seed:think",
)
_IMAGE_WORDS = frozenset({"image", "image_url", "images"})
_IMAGE_MARKS = ("<image", "<|image", "<|vision", "[IMG]", "<start_of_image", "<img")


def template_abilities(template: str | None) -> Abilities:
    """Return what a template shows; everything is unknown without one, or when it is no Jinja.

    Args:
        template: The Jinja source.
    """
    if template is None or len(template) > MAX_TEMPLATE_CHARS:
        return Abilities()
    words = _words(template)
    if words is None:
        return Abilities()
    written = "\n".join(words.texts)
    return Abilities(
        tools=not words.names.isdisjoint(_TOOL_NAMES),
        thinking=not words.names.isdisjoint(_THINKING_NAMES)
        or any(mark in written for mark in _THINKING_MARKS),
        images=not words.texts.isdisjoint(_IMAGE_WORDS)
        or any(mark in written for mark in _IMAGE_MARKS),
    )


def find_template(files: ModelFiles) -> str | None:
    """Return the chat template of a folder: a file of its own, or in the tokenizer's settings."""
    raw = files.small(_TEMPLATE_FILE, MAX_TEMPLATE_CHARS)
    if raw is not None:
        return raw.decode("utf-8", "replace")
    for name in _SETTINGS_FILES:
        template = _chosen((read_json(files, name) or {}).get("chat_template"))
        if template is not None:
            return template
    return None


def _chosen(value: Any) -> str | None:
    """Return a template, or of several named ones the default, else the first."""
    if isinstance(value, list):
        named = {
            str(entry.get("name")): text_of(entry.get("template"))
            for entry in value
            if isinstance(entry, dict)
        }
        return named.get("default") or next(filter(None, named.values()), None)
    return text_of(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    names: frozenset[str]
    texts: frozenset[str]


def _words(template: str) -> _Words | None:
    from jinja2.exceptions import TemplateSyntaxError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    names, texts = set(), set()
    try:
        for _, kind, value in ImmutableSandboxedEnvironment().lex(template):
            if kind == "name":
                names.add(value)
            elif kind == "string":
                texts.add(value[1:-1])
            elif kind == "data":
                texts.add(value)
    except TemplateSyntaxError:
        return None
    return _Words(names=frozenset(names), texts=frozenset(texts))
