"""Model output is hostile (R-20, N11): whatever it says, only harmless elements come out."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearth.web.markdown.code import MAX_HIGHLIGHTED_CHARS, code_figure
from hearth.web.markdown.render import link_host, render_block, sanitise

CORPUS = [
    line.replace("↵", "\n")
    for line in Path(__file__).with_name("xss.txt").read_text(encoding="utf-8").splitlines()
]
TAGS = {
    "a",
    "p",
    "br",
    "hr",
    "em",
    "strong",
    "s",
    "blockquote",
    "ul",
    "ol",
    "li",
    "h3",
    "h4",
    "h5",
    "h6",
    "code",
    "pre",
    "figure",
    "figcaption",
    "span",
    "button",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ATTRIBUTES = {
    "href",
    "title",
    "target",
    "rel",
    "class",
    "type",
    "data-copy",
    "tabindex",
    "role",
    "aria-label",
    "start",
    "style",
}
STYLES = {"text-align:left", "text-align:right", "text-align:center"}


class Inspector(HTMLParser):
    """Fails on any element or attribute that is not on the short list."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag in TAGS, tag
        assert set(given) <= ATTRIBUTES, given
        if tag == "a":
            assert (given["href"] or "").startswith(("http://", "https://", "mailto:"))
            assert {"noopener", "noreferrer"} <= set((given["rel"] or "").split())
            assert given["target"] == "_blank"
        if tag == "button":
            assert given == {"type": "button", "class": "quiet", "data-copy": "code"}
        assert given.get("style", "text-align:left") in STYLES

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment came through: {data}")


def inspect(html: str) -> None:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()


def test_the_corpus_is_large() -> None:
    assert len(set(CORPUS)) >= 60


@pytest.mark.parametrize("text", CORPUS)
def test_markdown_lets_nothing_through(text: str) -> None:
    inspect(render_block(text))


@pytest.mark.parametrize("text", CORPUS)
def test_the_second_wall_holds_without_the_first(text: str) -> None:
    """The sanitiser alone, given raw HTML that the parser should have escaped."""
    clean = sanitise(text).lower()
    for bad in ("<script", "<img", "<svg", "<iframe", "<style", "<form", "<object", 'href="java'):
        assert bad not in clean
    assert "data-do" not in clean
    assert "data-ui" not in clean


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>[]()!`*_~|#-\"'=:/\\ \n&;ajvscripthelon1.", max_size=80))
def test_markdown_of_any_text_is_harmless(text: str) -> None:
    inspect(render_block(text))


def test_a_link_shows_where_it_leads() -> None:
    html = render_block("[your bank](https://evil.example/login)")
    assert 'title="evil.example"' in html
    assert '<span class="host">evil.example</span>' in html


def test_a_link_that_shows_its_address_does_not_repeat_it() -> None:
    assert 'class="host"' not in render_block("<https://example.org>")


def test_hosts_are_shown_in_ascii() -> None:
    assert link_host("https://ex\u0430mple.org/") == "xn--exmple-4nf.org"  # a Cyrillic a


def test_images_are_named_and_never_loaded() -> None:
    html = render_block("![a cat](https://evil.example/cat.png?stolen=text)")
    assert "<img" not in html
    assert "Image, not loaded: a cat" in html


def test_headings_stay_below_the_page() -> None:
    assert "<h3>One</h3>" in render_block("# One")
    assert "<h6>Six</h6>" in render_block("###### Six")


def test_tables_keep_their_alignment() -> None:
    html = render_block("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert '<td style="text-align:right">2</td>' in html


def test_code_is_highlighted_and_can_be_copied() -> None:
    html = render_block("```python\nreturn 1\n```")
    assert '<span class="k">return</span>' in html
    assert 'data-copy="code"' in html


def test_code_of_an_unknown_language_is_shown_plain() -> None:
    assert "a &lt; b" in code_figure("a < b", "klingon")


def test_very_long_code_is_not_highlighted() -> None:
    assert "<span class=" not in code_figure("x = 1\n" * (MAX_HIGHLIGHTED_CHARS // 5), "python")


def test_deep_nesting_is_survived() -> None:
    inspect(render_block(">" * 5000 + "x"))
    inspect(render_block("[" * 5000 + "](" * 5000))
    inspect(render_block("*" * 5000 + "x" + "_" * 5000))
