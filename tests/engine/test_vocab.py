"""Tokens there and back, for both families of tokenizers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gguf
import pytest

from hearth.engine.llama.model import Model
from hearth.errors import InvalidRequest
from support.engines import load_model
from support.pico import write_pico, write_sentencepiece_pico

pytestmark = pytest.mark.tiny


@pytest.fixture(scope="module", params=["bpe", "sentencepiece"])
def model(request, tmp_path_factory) -> Iterator[Model]:
    write = {"bpe": write_pico, "sentencepiece": write_sentencepiece_pico}[request.param]
    loaded = load_model(write(tmp_path_factory.mktemp("vocab") / f"{request.param}.gguf"))
    yield loaded
    loaded.close()


def test_pieces_tokenized_apart_give_the_text_back(model: Model) -> None:
    first = model.vocab.tokenize("the in", add_special=False, parse_special=True)
    second = model.vocab.tokenize("an er", add_special=False, parse_special=False, follows=True)
    text = model.vocab.detokenize([*first, *second])
    assert text.strip() == "the inan er"


def test_a_control_token_is_parsed_only_when_asked_for(model: Model) -> None:
    (spelling, *_) = model.vocab.special_spellings()
    parsed = model.vocab.tokenize(spelling, add_special=False, parse_special=True)
    plain = model.vocab.tokenize(spelling, add_special=False, parse_special=False)
    assert len(parsed) == 1 < len(plain)
    assert not any(model.vocab.is_control(token) for token in plain)


def test_any_bytes_come_back(model: Model) -> None:
    text = "naïve 🔥 火\n\ttab"
    tokens = model.vocab.tokenize(text, add_special=False, parse_special=False)
    assert model.vocab.detokenize(tokens).lstrip(" ") == text


def test_ids_outside_are_refused(model: Model) -> None:
    with pytest.raises(InvalidRequest, match="ids go from 0"):
        model.vocab.detokenize([model.vocab.size])


def test_the_vocabulary_is_the_files(pico_path: Path) -> None:
    model = load_model(pico_path)
    tokens = gguf.GGUFReader(pico_path).fields["tokenizer.ggml.tokens"]
    assert model.vocab.size == len(tokens.data)
    model.close()
