"""Quantizing: planned, refused, carried out, checked, taken in; and what is left behind."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from hearth.config import Config, ensure_home, load_config
from hearth.engine.quantizing import quantize_file
from hearth.engine.quantizing.messages import Ask, Wanted
from hearth.errors import (
    DiskFull,
    EngineError,
    InvalidRequest,
    ModelNotFound,
    RequestAborted,
)
from hearth.forge.quantize import (
    QuantizeOptions,
    offers,
    origin_of,
    plan_quantize,
    quantize,
)
from hearth.forge.quantize.checking import check_file
from hearth.models.gguf.header import read_header
from hearth.models.library import Library
from hearth.models.library.hashing import sha256_of
from support.disks import small_disk
from support.pico import write_pico

pytestmark = pytest.mark.tiny


@pytest.fixture
def config() -> Config:
    found = load_config()
    ensure_home(found)
    return found


@pytest.fixture(scope="module")
def small_path(pico_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Quantize the pico model once, for all tests of what is quantized already."""
    path = tmp_path_factory.mktemp("quantized") / "small-Q4_0.gguf"
    path.touch()
    ask = Ask(files=[str(pico_path)], wanted=[Wanted(2)], target=str(path))
    quantize_file(ask, lambda begun: None, threading.Event())
    return path


def leftovers(config: Config) -> list[str]:
    return [path.name for path in config.models_dir.iterdir() if path.name.startswith(".")]


def test_a_plan_says_what_would_come_of_it_and_writes_nothing(
    pico_path: Path, config: Config
) -> None:
    plan = plan_quantize(str(pico_path), "q8_0", config)
    plan.check()
    assert plan.name == "pico-Q8_0"
    assert plan.target == config.models_dir / "pico-Q8_0.gguf"
    assert not plan.notes
    assert 8.5 < plan.outcome.bits_per_weight < 10
    assert "pico (F32" in str(plan)
    assert plan.as_data()["tensors"]["Q8_0"] == plan.outcome.num_changed
    assert list(config.models_dir.iterdir()) == []


def test_a_model_is_made_checked_and_taken_in(pico_path: Path, config: Config) -> None:
    steps: list[tuple[int, int, str]] = []
    plan = plan_quantize(str(pico_path), "Q4_0", config)
    made = quantize(str(pico_path), "Q4_0", config, progress=lambda *step: steps.append(step))
    path = Path(made.path)
    assert (made.name, path) == ("pico-Q4_0", config.models_dir / "pico-Q4_0.gguf")
    assert abs(path.stat().st_size - plan.outcome.size_bytes) < 1024
    assert made.digest == sha256_of(path)
    assert made.from_digest == sha256_of(pico_path)
    entry = Library(config).resolve("pico-Q4_0")
    assert (entry.digest, entry.is_verified, entry.quantization) == (made.digest, True, "Q4_0")
    origin = origin_of(read_header(path))
    assert origin is not None
    assert (origin.sha256, origin.quantization) == (made.from_digest, "F32")
    assert not origin.is_requantized
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)
    assert steps[-1][0] <= steps[-1][1]
    assert leftovers(config) == []


def test_quantizing_twice_must_be_meant_and_is_said_afterwards(
    small_path: Path, config: Config
) -> None:
    with pytest.raises(InvalidRequest, match="quantized already") as refused:
        quantize(str(small_path), "Q8_0", config)
    assert "--allow-requantize" in str(refused.value.hint)
    made = quantize(str(small_path), "Q8_0", config, QuantizeOptions(allow_requantize=True))
    origin = origin_of(read_header(Path(made.path)))
    assert made.name == "small-Q8_0"
    assert origin is not None
    assert origin.is_requantized
    assert "the error of the second rounding" in made.notes[0]


def test_what_it_is_already_and_names_that_are_taken_are_refused(
    pico_path: Path, small_path: Path, config: Config
) -> None:
    (config.models_dir / "pico-Q8_0.gguf").touch()
    with pytest.raises(InvalidRequest, match="is there already"):
        quantize(str(pico_path), "Q8_0", config)
    options = QuantizeOptions(name="again", allow_requantize=True)
    with pytest.raises(InvalidRequest, match="is Q4_0 already"):
        quantize(str(small_path), "Q4_0", config, options)


@pytest.mark.parametrize(
    ("quantization", "options", "said"),
    [
        ("Q9_K", QuantizeOptions(), "Hearth cannot quantize to 'Q9_K'"),
        ("IQ1_S", QuantizeOptions(), "Hearth cannot quantize to 'IQ1_S'"),
        ("Q4_0", QuantizeOptions(threads=0), "0 threads"),
        ("Q4_0", QuantizeOptions(name="../outside"), "cannot be called"),
        ("Q4_0", QuantizeOptions(name="starter"), "cannot be called"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_runs(
    pico_path: Path, config: Config, quantization: str, options: QuantizeOptions, said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        plan_quantize(str(pico_path), quantization, config, options)


def test_models_that_are_not_there_or_not_gguf_are_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        plan_quantize("nobody", "Q4_0", config)
    with pytest.raises(ModelNotFound):
        plan_quantize(str(tmp_path / "x.gguf"), "Q4_0", config, is_trusted=False)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(InvalidRequest, match="reads GGUF"):
        plan_quantize(str(folder), "Q4_0", config)


def test_a_stopped_one_leaves_nothing(pico_path: Path, config: Config) -> None:
    cancelled = threading.Event()

    def stop(done: int, total: int, doing: str) -> None:
        if doing.startswith("Quantizing"):
            cancelled.set()

    with pytest.raises(RequestAborted, match="nothing of the new file is kept"):
        quantize(str(pico_path), "Q4_0", config, progress=stop, cancelled=cancelled)
    assert list(config.models_dir.iterdir()) == []


def test_what_a_killed_program_left_is_removed_and_two_cannot_make_the_same(
    pico_path: Path, config: Config
) -> None:
    seen: list[str] = []
    refused: list[str] = []
    cancelled = threading.Event()

    def again() -> None:
        with pytest.raises(InvalidRequest) as error:
            quantize(str(pico_path), "Q4_0", config)
        refused.append(error.value.message)

    def look(done: int, total: int, doing: str) -> None:
        if doing.startswith("Quantizing") and not refused:
            seen.extend(leftovers(config))
            other = threading.Thread(target=again)
            other.start()
            other.join()
            cancelled.set()

    with pytest.raises(RequestAborted):
        quantize(str(pico_path), "Q4_0", config, progress=look, cancelled=cancelled)
    assert "being made already" in refused[0]
    (config.models_dir / seen[0]).mkdir()
    (config.models_dir / seen[0] / "half.gguf").write_bytes(b"half")
    quantize(str(pico_path), "Q4_0", config)
    assert leftovers(config) == []


def test_a_disk_without_room_is_seen_before(tmp_path: Path, pico_path: Path) -> None:
    with small_disk(tmp_path / "small", 2048):
        config = load_config(home=tmp_path / "small" / "home")
        with pytest.raises(DiskFull, match="are to stay free") as refused:
            quantize(str(pico_path), "Q4_0", config)
        assert refused.value.hint


def test_another_file_than_was_planned_is_refused(pico_path: Path, config: Config) -> None:
    plan = plan_quantize(str(pico_path), "Q4_0", config)
    with pytest.raises(EngineError, match="is F32 and not Q4_0"):
        check_file(pico_path, plan)
    other = write_pico(config.models_dir / "other.gguf", width=128)
    with pytest.raises(EngineError, match="its tensors are not those of the model"):
        check_file(other, plan)


def test_everything_it_can_become_is_listed_with_its_size(pico_path: Path, config: Config) -> None:
    found = {offer.quantization: offer for offer in offers(str(pico_path), config)}
    sizes = [offer.size_bytes for offer in found.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert found["F32"].num_changed == 0
    assert found["Q8_0"].published_loss == pytest.approx(0.0004, abs=1e-4)
    assert found["Q4_0"].as_data()["requantized"] == []


@pytest.mark.starter
def test_the_starter_has_its_siblings(starter_path: Path, config: Config) -> None:
    """Its own weights are Q4_1, so that quantizing it must be meant."""
    with pytest.raises(InvalidRequest, match="Q4_1"):
        quantize("starter", "Q4_0", config)
    made = quantize("starter", "Q4_0", config, QuantizeOptions(allow_requantize=True))
    assert made.name == "SmolLM2-135M-Instruct-Q4_0"
    assert made.size_bytes < shutil.disk_usage(config.home).total
    assert made.size_bytes < starter_path.stat().st_size
