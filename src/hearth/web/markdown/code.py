"""Highlight code with pygments, as spans whose classes the style sheet colours from the tokens."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

# Longer code is shown without colours: highlighting it would hold up the event loop.
MAX_HIGHLIGHTED_CHARS = 20_000

CLASS_NAMES = frozenset(STANDARD_TYPES.values()) - {""}
"""Every class that highlighted code can carry."""


def code_figure(code: str, language: str) -> str:
    """Return a block of code with its language and a button that copies it, as HTML."""
    return Markup(
        '<figure class="code"><figcaption><span>{language}</span>'
        '<button type="button" class="quiet" data-copy="code">Copy</button></figcaption>'
        '<pre tabindex="0"><code>{code}</code></pre></figure>\n'
    ).format(language=language[:40] or "text", code=_highlighted(code, language))


def _highlighted(code: str, language: str) -> Markup:
    lexer = _lexer(language.lower()[:40]) if len(code) <= MAX_HIGHLIGHTED_CHARS else None
    if lexer is None:
        return escape(code)
    return Markup(highlight(code, lexer, HtmlFormatter(nowrap=True)))


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
