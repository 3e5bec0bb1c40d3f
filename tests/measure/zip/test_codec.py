"""Compressing with a model: everything comes back, and nothing else may decode it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from hearth.config import load_config
from hearth.engine.scoring import Scorer, ScoringSettings, open_scorer
from hearth.errors import InvalidRequest
from hearth.measure.zip import Codec, Container, unzip_file, zip_file
from hearth.measure.zip.chunks import Method
from hearth.measure.zip.files import ZipOptions
from support.pico import write_pico

pytestmark = pytest.mark.tiny

DIGEST = "0" * 64
OPTIONS = ZipOptions(context=64, lanes=4, threads=1)


@pytest.fixture(scope="module")
def scorer(pico_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer]:
    config = load_config(home=tmp_path_factory.mktemp("home"), other_programs=False)
    settings = ScoringSettings(context=64, lanes=4, threads=1)
    with open_scorer(pico_path, settings, config=config) as opened:
        yield opened


@pytest.fixture(scope="module")
def codec(scorer: Scorer) -> Codec:
    return Codec(scorer, DIGEST)


def real_texts() -> list[bytes]:
    """Return 100 stretches of prose, tables, code and markup."""
    root = resources.files("hearth")
    files = [root / "cli" / "app.py", root / "guide" / "topics" / "815-tokens.md"]
    whole = "\n".join(file.read_text(encoding="utf-8") for file in files).encode()
    draw = random.Random(1)
    begins = [draw.randrange(len(whole) - 80) for _ in range(100)]
    return [whole[begin : begin + draw.randrange(1, 50)] for begin in begins]


def random_texts() -> list[bytes]:
    """Return 100 random strings: any characters, any bytes, one byte again and again, nothing."""
    draw = random.Random(2)
    characters = [
        "".join(
            chr(draw.choice((draw.randrange(32, 127), draw.randrange(0xA0, 0xD7FF))))
            for _ in range(draw.randrange(1, 20))
        ).encode()
        for _ in range(60)
    ]
    return [*characters, *(draw.randbytes(draw.randrange(40)) for _ in range(38)), b"", b"\0" * 50]


def test_two_hundred_texts_come_back(codec: Codec) -> None:
    texts = [*real_texts(), *random_texts()]
    assert len(texts) == 200
    made = [codec.compress(text).to_bytes() for text in texts]
    assert [codec.decompress(Container.from_bytes(each)) for each in made] == texts


def test_long_texts_take_turns_in_the_lanes(codec: Codec) -> None:
    text = b"the in an er " * 60 + "naïve 🔥".encode() + b"\xff\xfe no text"
    made = codec.compress(text)
    assert len(made.chunks) > 4
    assert codec.decompress(made) == text


def test_expected_text_becomes_small(scorer: Scorer, codec: Codec) -> None:
    tokens = [scorer.bos or 0]
    for _ in range(50):  # what the model itself would write
        expected = [
            each.logprob
            for each in scorer.continuations([(tokens, [[token] for token in range(32, 127)])])[0]
        ]
        tokens.append(32 + expected.index(max(expected)))
    text = b"".join(scorer.pieces(tokens[1:]))
    (chunk,) = codec.compress(text).chunks
    assert chunk.method is Method.MODEL or len(chunk.payload) < len(text) // 2


@pytest.mark.parametrize("field", ["digest", "engine", "numpy", "probe"])
def test_anything_else_is_refused(codec: Codec, field: str) -> None:
    made = codec.compress(b"the lamp stood by the window")
    other = msgspec.structs.replace(made.header, **{field: "another"})
    with pytest.raises(InvalidRequest, match="another"):
        codec.decompress(replace(made, header=other))


def test_other_settings_are_refused_by_name(codec: Codec) -> None:
    made = codec.compress(b"the lamp stood by the window")
    settings = {**made.header.settings, "threads": 7}
    other = msgspec.structs.replace(made.header, settings=settings)
    with pytest.raises(InvalidRequest, match="threads 7 and not 1"):
        codec.decompress(replace(made, header=other))


def test_damage_anywhere_is_found(codec: Codec) -> None:
    text = b"the lamp stood by the window, and the rain went on" + bytes(range(256))
    whole = codec.compress(text).to_bytes()
    for place in range(0, len(whole), 37):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        with pytest.raises(InvalidRequest):
            codec.decompress(Container.from_bytes(bytes(damaged)))
    for length in (0, 5, 20, len(whole) - 1):
        with pytest.raises(InvalidRequest):
            codec.decompress(Container.from_bytes(whole[:length]))


def test_a_file_comes_back_and_another_model_is_refused(pico_path: Path, tmp_path: Path) -> None:
    config = load_config()
    source, packed = tmp_path / "text.txt", tmp_path / "text.txt.hz"
    source.write_text("The lamp stood by the window, and the rain went on.\n" * 3)
    zipped = zip_file(source, packed, pico_path, config, OPTIONS)
    assert zipped.zipped_bytes == packed.stat().st_size
    assert zipped.rivals["xz -9e"]
    target = tmp_path / "again.txt"
    other = write_pico(tmp_path / "other.gguf", seed=1)
    with pytest.raises(InvalidRequest, match="another one"):
        unzip_file(packed, target, config, other)
    assert not target.exists()
    assert unzip_file(packed, target, config, pico_path) == source.stat().st_size
    assert target.read_bytes() == source.read_bytes()
    with pytest.raises(InvalidRequest, match="there already"):
        unzip_file(packed, target, config, pico_path)
    assert not list(tmp_path.glob(".*"))
