"""Markdown written by a model, turned into HTML that is safe to show.

Model output is hostile. Three walls stand behind each other: the parser escapes raw HTML and
accepts only links to absolute http(s) and mailto addresses; images are never loaded, only named
and linked; and nh3 (ammonia) then drops every element, attribute, class and scheme that is not on
the list below. Links show the host they lead to and open without access to this page.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

from hearth.web.markdown.code import CLASS_NAMES, code_figure

Env: TypeAlias = MutableMapping[str, Any]

SCHEMES = {"http", "https", "mailto"}

_TAGS = {
    *("a", "p", "br", "hr", "em", "strong", "s", "blockquote", "ul", "ol", "li", "span", "div"),
    *("h3", "h4", "h5", "h6", "code", "pre", "figure", "figcaption", "button"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "target", "rel"},
    "button": {"type", "data-copy"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role", "aria-label"},
    "ol": {"start"},
    "th": {"style"},
    "td": {"style"},
}
_CLASSES = {
    "span": {"host", *CLASS_NAMES},
    "figure": {"code"},
    "button": {"quiet"},
    "div": {"table-scroll"},
}
_ALLOWED_STYLES = {"text-align"}


def render_block(source: str) -> Markup:
    """Return one block of a model's Markdown as HTML that can be put into the page as it is."""
    return sanitise(_markdown().render(source))


def sanitise(html: str) -> Markup:
    """Drop everything from HTML that is not on the list of harmless things."""
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=SCHEMES,
        link_rel=None,
        filter_style_properties=_ALLOWED_STYLES,
    )
    return Markup(clean)


def make_parser() -> MarkdownIt:
    """Return a parser for CommonMark with tables and strikethrough, and without raw HTML."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_SafeRenderer)
    parser.enable(["table", "strikethrough"])
    parser.validateLink = _is_safe_link  # type: ignore[method-assign]
    return parser


def link_host(url: str) -> str:
    """Return the host a link leads to, in its ASCII form, or the address of a mailto link."""
    parts = urlsplit(url)
    if parts.scheme == "mailto":
        return parts.path
    host = parts.hostname or ""
    return host.encode("idna").decode() if not host.isascii() else host


def _is_safe_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port >= 0  # reading it refuses "host:port"
        return parts.scheme.lower() in SCHEMES and has_port and bool(link_host(url))
    except ValueError:  # a port that is no number, a malformed IPv6 host, a label too long
        return False


class _SafeRenderer(RendererHTML):
    """Renders links with their host, images as links, code in figures, tables that scroll."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        href = str(tokens[idx].attrs["href"])
        env.setdefault("hosts", []).append((link_host(href), tokens[idx + 1].content))
        return _anchor(href)

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        host, text = env["hosts"].pop()
        shown = "" if text in (host, f"https://{host}", f"http://{host}") else _host_label(host)
        return f"</a>{shown}"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        token = tokens[idx]
        href = str(token.attrs["src"])
        name = self.renderInlineAsText(token.children, options, env) or "image"
        label = escape(f"Image, not loaded: {name}")
        return f"{_anchor(href)}{label}</a>{_host_label(link_host(href))}"

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
    ) -> str:
        return f"<{_heading_tag(tokens[idx])}>"

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
    ) -> str:
        return f"</{_heading_tag(tokens[idx])}>\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        words = tokens[idx].info.split()
        return code_figure(tokens[idx].content, words[0] if words else "")

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
        return code_figure(tokens[idx].content, "")


def _anchor(href: str) -> str:
    return Markup(
        '<a href="{href}" title="{host}" target="_blank" rel="noopener noreferrer nofollow">'
    ).format(href=href, host=link_host(href))


def _host_label(host: str) -> str:
    return Markup(' <span class="host">{host}</span>').format(host=host)


def _heading_tag(token: Token) -> str:
    """Put the model's headings below the page's own first two levels."""
    return f"h{min(int(token.tag[1]) + 2, 6)}"


@cache
def _markdown() -> MarkdownIt:
    return make_parser()
