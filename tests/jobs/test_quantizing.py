"""Quantizing and measuring as jobs: begun, watched, stopped, and what they leave to others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from hearth.config import Config, ensure_home, load_config
from hearth.errors import InvalidRequest
from hearth.forge.quantize import QuantizeOptions
from hearth.jobs import Jobs, JobState, open_jobs, start_bench, start_quantizing
from hearth.measure.evidence import Ledger
from hearth.store.database import Database
from support.pico import write_pico


@pytest.fixture
def config(own_home: Path) -> Config:
    found = load_config()
    ensure_home(found)
    return found


@pytest.fixture(scope="module")
def pico_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a pico model with room for prompts of words, of which each letter is a token."""
    return write_pico(tmp_path_factory.mktemp("models") / "pico.gguf", context=2048)


@pytest.mark.tiny
def test_a_model_is_quantized_as_a_job(database: Database, config: Config, pico_path: Path) -> None:
    with closing(open_jobs(database, config)) as jobs:
        job = start_quantizing(jobs, str(pico_path), "q4_0", QuantizeOptions(name="small"))
        assert job.target == f"{pico_path} to Q4_0 as small"
        *_, last = jobs.watch(job.id)
    assert last.state is JobState.DONE
    assert last.result is not None
    assert (last.result["name"], last.result["quantization"]) == ("small", "Q4_0")
    assert last.done <= last.total


@pytest.mark.tiny
def test_what_cannot_be_quantized_fails_within_the_job(
    database: Database, config: Config, pico_path: Path
) -> None:
    with closing(open_jobs(database, config)) as jobs:
        *_, last = jobs.watch(start_quantizing(jobs, "nobody", "Q4_0").id)
        assert last.state is JobState.FAILED
        assert last.error is not None
        assert last.error["code"] == "model_not_found"
        *_, last = jobs.watch(start_quantizing(jobs, str(pico_path), "Q4_0", is_trusted=False).id)
        assert last.error is not None
        assert last.error["code"] == "model_not_found"


@pytest.mark.tiny
def test_a_measurement_as_a_job_ends_in_evidence(
    database: Database, config: Config, pico_path: Path
) -> None:
    arguments = {
        "model": str(pico_path),
        "candidates": ["Q8_0"],
        "rounds": 3,
        "prompt_tokens": 16,
        "answer_tokens": 4,
        "context": 128,
        "max_tokens": 1024,
    }
    with closing(open_jobs(database, config)) as jobs:
        *_, last = jobs.watch(start_bench(jobs, "quants", "pico Q8_0", arguments).id)
    assert last.state is JobState.DONE, last.error
    assert last.result is not None
    record = Ledger(database).get(last.result["evidence"])
    assert record.kind == "quants"
    assert set(last.result["summary"]) == set(record.summary)
    assert last.result["notes"] == list(record.notes)


def test_an_unknown_measurement_is_refused_at_once(jobs: Jobs) -> None:
    with pytest.raises(InvalidRequest, match="no measurement 'beauty'"):
        start_bench(jobs, "beauty", "starter", {})


@pytest.fixture
def jobs(database: Database, config: Config):
    with closing(open_jobs(database, config)) as opened:
        yield opened
