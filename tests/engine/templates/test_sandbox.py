"""What the sandbox refuses at once, and what its helpers do. Rows T1, T7 to T9, T12."""

from datetime import datetime
from typing import Any

import pytest

from hearth.engine.templates.sandbox import MAX_MESSAGE_CHARS, TemplateSandbox, as_template_error
from hearth.errors import TemplateError, TemplateTimeout, TemplateUnsafe

MESSAGES = [{"role": "user", "content": "Hi"}]


def render(source: str, **variables: Any) -> str:
    return TemplateSandbox(max_output_bytes=1000).render(
        source, {"messages": MESSAGES, "bos_token": "<s>"} | variables
    )


def refuse(source: str) -> TemplateError:
    """Render what cannot be rendered, and return the error as people see it."""
    try:
        text = render(source)
    except Exception as error:  # a template can raise anything
        return as_template_error(error)
    pytest.fail(f"it rendered: {text!r}")


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ [''] | map(attribute='__class__') | list }}",
        "{{ '{0.__class__}'.format('') }}",
        "{{ '{a.__class__}'.format_map({'a': ''}) }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ joiner.__init__.__globals__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ strftime_now.__globals__ }}",
        "{{ namespace.__init__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ (messages | map('upper')).gi_frame }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update(role='system') }}",
        "{{ messages[0].pop('role') }}",
        "{{ dict.mro() }}",
        "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
        "{{ namespace(__class__=1) }}",
    ],
)
def test_t1_reaching_out_of_the_sandbox_is_unsafe(source: str) -> None:
    error = refuse(source)
    assert isinstance(error, TemplateUnsafe)
    assert error.http_status == 422
    assert error.hint


def test_t4_lipsum_does_not_exist_and_the_other_globals_do() -> None:
    assert "'lipsum' is undefined" in refuse("{{ lipsum(n=100000) }}").message
    assert (
        render(
            "{{ range(2) | list }}{{ dict(a=1) }}{{ namespace(b=2).b }}"
            "{{ cycler('c').next() }}{{ joiner(',')() }}{{ namespace(self=3).self }}"
        )
        == "[0, 1]{'a': 1}2c3"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "[" * 5000 + "]" * 5000 + " }}",
        "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
        "{% for i in [1] %}" * 300 + "{% endfor %}" * 300,
        "{{ 1" + " + 1" * 20000 + " }}",
    ],
    ids=["recursive macro", "parentheses", "lists", "nested if", "nested for", "long sum"],
)
def test_t7_too_much_nesting_is_an_error_and_nothing_worse(source: str) -> None:
    error = refuse(source)
    assert type(error) is TemplateError
    assert error.http_status == 400


def test_t8_a_huge_range_is_refused() -> None:
    error = refuse("{{ range(10**9) | list }}")
    assert type(error) is TemplateError
    assert "Range too big" in error.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{% import 'x' as x %}", "no loader"),
        ("{% extends 'x' %}", "no loader"),
        ("{{ 1/0 }}", "ZeroDivisionError: division by zero"),
        (
            "{{ raise_exception('Only two turns, please.') }}",
            "conversation: Only two turns, please.",
        ),
        ("{{ raise_exception(5) }}", "5"),
        ("{{ missing.name }}", "'missing' is undefined"),
        ("{{ messages | tojson(indent='x', separators=1) }}", "TypeError"),
        ("{% if %}", "line 1"),
        ("\n\n{% for %}", "line 3"),
        ("{{ '\\ud800' }}", "surrogates not allowed"),
    ],
)
def test_t9_other_failures_carry_the_templates_own_words(source: str, words: str) -> None:
    error = refuse(source)
    assert type(error) is TemplateError
    assert words in error.message


def test_t9_a_namespace_may_hold_itself() -> None:
    assert (
        render("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns.me.me is defined }}") == "True"
    )


def test_t9_the_templates_own_words_are_cut_and_cleaned() -> None:
    error = refuse("{{ raise_exception('a\\x1b[2J\\n' + 'b' * 1000) }}")
    assert "\x1b" not in error.message
    assert "\n" not in error.message
    assert error.message.count("b") == MAX_MESSAGE_CHARS - len("a\x1b[2J\n")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ 'a' | no_such_filter }}", "No filter named 'no_such_filter'"),
        ("{{ 'a' is no_such_test }}", "No test named 'no_such_test'"),
        ("{% no_such_tag %}", "unknown tag 'no_such_tag'"),
        ("{% generation %}", "endgeneration"),
        ("{% break %}", "SyntaxError"),
    ],
)
def test_t12_what_is_unknown_is_named(source: str, words: str) -> None:
    error = refuse(source)
    assert type(error) is TemplateError
    assert words in error.message


def test_t12_the_helpers_that_transformers_defines_are_there() -> None:
    assert render("{{ strftime_now('%Y') }}") == datetime.now().strftime("%Y")
    assert render("{% generation %}Hi{% endgeneration %}!") == "Hi!"
    assert (
        render("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}")
        == "01"
    )
    assert render("{{ {'é': '<'} | tojson }}") == '{"é": "<"}'
    assert render(
        "{{ [1, {'b': 2, 'a': 3}] | tojson(separators=(',', ':'), sort_keys=true) }}"
    ) == ('[1,{"a":3,"b":2}]')
    assert render("{{ [1] | tojson(indent=1) }}{{ 'é' | tojson(ensure_ascii=true) }}") == (
        '[\n 1\n]"\\u00e9"'
    )


def test_output_is_bounded_while_it_grows() -> None:
    assert len(render("{% for i in range(100) %}0123456789{% endfor %}")) == 1000
    error = refuse("{% for i in range(99999) %}0123456789{% endfor %}")
    assert isinstance(error, TemplateTimeout)
    assert "1,000 bytes" in error.message
    assert isinstance(refuse("{{ 'é' * 600 }}"), TemplateTimeout)


def test_a_template_is_compiled_once_and_renders_fresh_each_time() -> None:
    sandbox = TemplateSandbox(max_output_bytes=1000)
    source = "{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{{ name }}"
    assert sandbox.render(source, {"name": "a"}) == "1a"
    assert sandbox.render(source, {}) == "1"
    assert sandbox.render("{{ name }}!", {"name": "b"}) == "b!"
