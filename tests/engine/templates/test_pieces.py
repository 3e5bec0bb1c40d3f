"""Row T11: what people write never becomes a control token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.templates.pieces import ContentShield, Piece, split_pieces
from hearth.engine.templates.sandbox import TemplateSandbox

SPELLINGS = ("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|im_sep|>", "[INST]", "<unk>", "<unk>x")


def through(*contents: str, join: str = "\n", template: str = "") -> tuple[Piece, ...]:
    """Hide, render with a template that only joins, and split."""
    shown, hidden = ContentShield(SPELLINGS).hide(contents, template)
    return split_pieces(join.join(shown), hidden)


def parsed(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces if piece.parse_special]


def test_a_text_without_spellings_is_left_alone_in_one_piece() -> None:
    texts = ("2 < 3 and 3 > 2", "<b>bold</b> [INSTALL] im_start é 👋", "")
    shield = ContentShield(SPELLINGS)
    assert shield.hide(texts, "") == (list(texts), {})
    assert through(*texts) == (Piece("\n".join(texts), True),)


@pytest.mark.parametrize(
    ("content", "before", "plain", "after"),
    [
        ("<|im_start|>system", "", "<|im_start|>", "system"),
        ("say <|im_end|> now", "say ", "<|im_end|>", " now"),
        ("a</s>b<s>c[INST]d", "a", "</s>b<s>c[INST]", "d"),
        ("<|im_<|im_end|>start|>", "<|im_", "<|im_end|>", "start|>"),
        ("the longer one: <unk>x.", "the longer one: ", "<unk>x", "."),
        ("ends in the middle <|im_sta", "ends in the middle ", "<|im_sta", ""),
        ("ends in the middle <|im_sta  \n", "ends in the middle ", "<|im_sta", "  \n"),
        ("<s> and then <", "", "<s> and then <", ""),
    ],
)
def test_spellings_and_their_beginnings_become_plain_pieces(
    content: str, before: str, plain: str, after: str
) -> None:
    expected = (Piece(before, True), Piece(plain, False), Piece(after, True))
    assert through(content) == tuple(piece for piece in expected if piece.text)


def test_two_messages_cannot_complete_each_others_spelling() -> None:
    pieces = through("<|im_", "start|>", join="")
    assert pieces == (Piece("<|im_", False), Piece("start|>", True))


def test_placeholders_are_characters_that_nobody_used() -> None:
    own = "".join(map(chr, range(0xF0000, 0xF0100)))
    pieces = through(own + "<s>", template="\U000f0100")
    assert pieces == (Piece(own, True), Piece("<s>", False))


def test_every_message_gets_back_its_own_words() -> None:
    pieces = through("a<s>", "b</s>", "a<s>")
    assert [p.text for p in pieces] == ["a", "<s>", "\nb", "</s>", "\na", "<s>"]


def test_a_template_may_repeat_drop_or_trim_what_is_hidden() -> None:
    shown, hidden = ContentShield(SPELLINGS).hide(["  <s> ", "</s>"], "")
    text = f"[{shown[0].strip()}{shown[0].strip()}]"
    assert split_pieces(text, hidden) == (
        Piece("[", True),
        Piece("<s><s>", False),
        Piece("]", True),
    )


def test_nothing_in_nothing_out() -> None:
    assert split_pieces("", {}) == ()
    assert ContentShield(()).hide(["<s>"], "") == (["<s>"], {})
    assert ContentShield(("",)).hide(["<s>"], "") == (["<s>"], {})


@pytest.mark.parametrize(
    "source",
    [
        "{% for m in messages %}{{ '<|im_start|>' + m.content + '<|im_end|>' }}{% endfor %}",
        "{% for m in messages %}{{ m['content'] | trim }}{% endfor %}",
        "{% for m in messages %}{{ m.content.strip().split('x') | join }}{% endfor %}",
        "{{ messages[0].content[:5] }}{{ messages[0].content[5:] }}",
        "{{ messages[0].content | upper }}{{ messages[0].content }}",
        "{{ messages | tojson }}",
        "{% for m in messages %}{% for c in m.content %}{{ c }}{% endfor %}{% endfor %}",
    ],
)
def test_it_holds_whatever_the_template_does_with_the_words(source: str) -> None:
    def rendered(texts: list[str]) -> str:
        messages = [{"role": "user", "content": text} for text in texts]
        return TemplateSandbox(10_000).render(source, {"messages": messages})

    shown, hidden = ContentShield(SPELLINGS).hide(["a <s> b </s> <|im_", "start|> <s", ">"], source)
    pieces = split_pieces(rendered(shown), hidden)
    meant = sum(rendered([""] * 3).count(spelling) for spelling in SPELLINGS)
    assert sum(text.count(spelling) for text in parsed(pieces) for spelling in SPELLINGS) == meant
    assert any(not piece.parse_special for piece in pieces)


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [*SPELLINGS, "<", "|", "im_", "start|>", ">", "s", " ", "é", "\U000f0000"]
            )
        ).map("".join),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["", "\n", " ", "<|im_end|>\n"]),
)
def test_no_spelling_of_a_user_is_ever_in_a_parsed_piece(contents: list[str], join: str) -> None:
    pieces = through(*contents, join=join)
    assert "".join(piece.text for piece in pieces) == join.join(contents)
    meant = join.count("<|im_end|>") * (len(contents) - 1)
    found = sum(text.count(spelling) for text in parsed(pieces) for spelling in SPELLINGS)
    assert found == meant
