"""lm-evaluation-harness: controls first; scores and log-probabilities equal direct scoring."""

from __future__ import annotations

import importlib.util
import json
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hearth.config import load_config
from hearth.engine.scoring import ScoringSettings, open_scorer
from hearth.errors import ControlFailed, InvalidRequest, RequestAborted, SetupError
from hearth.measure.evidence import open_ledger
from hearth.measure.harness import (
    HarnessPlan,
    ModelAnswers,
    measure_harness,
    replay,
    run_harness,
)
from hearth.measure.harness.tasks import digest_of_folder, require_library

IS_HERE = importlib.util.find_spec("lm_eval") is not None
needs_library = pytest.mark.skipif(not IS_HERE, reason="the extra `harness` is not installed")

COLOURS = """
task: colours
dataset_path: json
dataset_kwargs: {data_files: {test: colours.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: "{{choices}}"
doc_to_target: "{{answer}}"
target_delimiter: " "
metric_list: [{metric: acc}, {metric: acc_norm}]
"""
WORDS = """
task: words
dataset_path: json
dataset_kwargs: {data_files: {test: colours.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{choices[answer]}}"
generation_kwargs: {until: ["\\n"], max_gen_toks: 4}
metric_list: [{metric: exact_match}]
"""
TEXTS = """
task: texts
dataset_path: json
dataset_kwargs: {data_files: {test: colours.jsonl}}
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{question}}"
metric_list: [{metric: bits_per_byte}]
"""
QUESTIONS = [
    {"question": f"The {thing} is", "choices": ["red", "green", "deep blue"], "answer": place % 3}
    for place, thing in enumerate(["sea", "grass", "fire", "sky", "leaf", "rose"] * 4)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "tasks"
    path.mkdir()
    for name, text in (("colours", COLOURS), ("words", WORDS), ("texts", TEXTS)):
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    lines = (json.dumps(row) for row in QUESTIONS)
    (path / "colours.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path


class Sleeper:
    """Prefers the first continuation, and has nothing to say."""

    def loglikelihood(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        return [(-1.0 if text.strip() == "red" else -9.0, False) for _, text in pairs]

    def rolling(self, texts: Sequence[str]) -> list[float]:
        return [-2 * math.log(2) * len(text.encode()) for text in texts]

    def generate(self, prompts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
        return ["red" for _ in prompts]


@needs_library
@pytest.mark.slow
def test_tasks_of_each_kind_are_run_after_their_controls(folder: Path) -> None:
    plan = HarnessPlan(tasks=("colours", "words", "texts"), folder=folder)
    found = run_harness(plan, Sleeper())
    assert len(found.controls.controls) == 6
    assert found.tasks["colours"]["figures"]["acc"]["value"] == pytest.approx(1 / 3)
    assert found.tasks["words"]["figures"]["exact_match"]["value"] == pytest.approx(1 / 3)
    assert found.tasks["texts"]["figures"]["bits_per_byte"]["value"] == pytest.approx(2.0)


@needs_library
def test_a_task_whose_right_answers_score_wrong_gives_no_score(folder: Path) -> None:
    text = WORDS.replace("task: words", "task: broken").replace(
        "metric_list",
        "filter_list: [{name: cut, filter: [{function: regex, regex_pattern: '(zzz)'},"
        " {function: take_first}]}]\nmetric_list",
    )
    (folder / "broken.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ControlFailed, match="broken, right answers"):
        run_harness(HarnessPlan(tasks=("broken",), folder=folder), Sleeper())


@needs_library
@pytest.mark.slow
def test_a_task_that_needs_the_network_is_refused(folder: Path) -> None:
    text = COLOURS.replace("task: colours", "task: far").replace(
        "dataset_path: json", "dataset_path: somebody/colours"
    )
    (folder / "far.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequest, match="cannot run this"):
        run_harness(HarnessPlan(tasks=("far",), folder=folder), Sleeper())


@needs_library
@pytest.mark.slow
def test_an_unknown_task_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidRequest, match="nowhere"):
        run_harness(HarnessPlan(tasks=("nowhere",), folder=folder), Sleeper())


@needs_library
@pytest.mark.slow
@pytest.mark.tiny
def test_a_run_is_repeated_with_the_same_scores(folder: Path, pico_path: Path) -> None:
    config = load_config()
    draft = measure_harness(config, str(pico_path), HarnessPlan(tasks=("words",), folder=folder))
    with open_ledger(config) as ledger:
        record = ledger.get(ledger.add(draft).id)
    again = replay(record, config, lambda done, total, doing: None)
    assert (again.summary, again.items) == (record.summary, record.items)


@needs_library
@pytest.mark.slow
def test_a_run_can_be_stopped(folder: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(RequestAborted):
        run_harness(HarnessPlan(tasks=("colours",), folder=folder), Sleeper(), cancelled=cancelled)


@needs_library
@pytest.mark.tiny
def test_scores_equal_direct_scoring(folder: Path, pico_path: Path) -> None:
    config = load_config()
    plan = HarnessPlan(tasks=("colours", "words", "texts"), folder=folder)
    draft = measure_harness(config, str(pico_path), plan)
    right = right_norm = 0
    assert draft.items is not None
    told = dict(
        zip(
            zip(draft.items.column("task"), draft.items.column("id"), strict=True),
            map(json.loads, map(str, draft.items.column("answers"))),
            strict=True,
        )
    )
    with open_scorer(str(pico_path), ScoringSettings(), config=config) as scorer:
        for number, row in enumerate(QUESTIONS):
            prompt = scorer.tokenize(row["question"], add_special=True)
            wholes = [
                scorer.tokenize(f"{row['question']} {choice}", add_special=True)
                for choice in row["choices"]
            ]
            direct = [float(scorer.score(whole, start=len(prompt)).sum()) for whole in wholes]
            given = [answers[0][0] for answers in told["colours", number]]
            assert given == pytest.approx(direct, abs=1e-4)
            normed = [one / len(text) for one, text in zip(direct, row["choices"], strict=True)]
            right += direct.index(max(direct)) == row["answer"]
            right_norm += normed.index(max(normed)) == row["answer"]
        texts = [[scorer.bos, *scorer.tokenize(row["question"])] for row in QUESTIONS]
        nats = -sum(float(scorer.score(tokens).sum()) for tokens in texts)
    assert any("colours: " in note and "chance (33%)" in note for note in draft.notes)
    num_bytes = sum(len(row["question"].encode()) for row in QUESTIONS)
    assert draft.summary["colours: acc"].value == pytest.approx(right / len(QUESTIONS))
    assert draft.summary["colours: acc_norm"].value == pytest.approx(right_norm / len(QUESTIONS))
    assert draft.summary["texts: bits_per_byte"].value == pytest.approx(
        nats / math.log(2) / num_bytes, rel=1e-5
    )
    with open_ledger(config) as ledger:
        record = ledger.get(ledger.add(draft).id)
        assert record.command[-2:] == ("--seed", "0")
        (folder / "colours.jsonl").write_text("", encoding="utf-8")
        with pytest.raises(InvalidRequest, match="has changed"):
            replay(record, config, lambda done, total, doing: None)


@pytest.mark.tiny
def test_long_texts_are_scored_in_windows_and_each_token_once(pico_path: Path) -> None:
    config = load_config()
    text = "The sea is deep and the sky is wide. " * 6
    with (
        ModelAnswers(config, str(pico_path), ScoringSettings(context=64)) as answers,
        open_scorer(str(pico_path), ScoringSettings(context=64), config=config) as scorer,
    ):
        (total,) = answers.rolling([text])
        tokens = [scorer.bos, *scorer.tokenize(text)]
        direct, place = 0.0, 1
        while place < len(tokens):
            last = min(place + 63, len(tokens))
            window = tokens[max(0, last - 64) : last]
            direct += float(scorer.score(window, start=len(window) - (last - place)).sum())
            place = last
        assert len(tokens) > 3 * 64
        assert total == pytest.approx(direct, rel=1e-6)
        long = "word " * 200
        answers.loglikelihood([(long, "end")])
        assert answers.num_cut == 1


@pytest.mark.tiny
def test_text_is_generated_up_to_a_stop_and_greedily(pico_path: Path) -> None:
    with ModelAnswers(load_config(), str(pico_path), ScoringSettings(context=128)) as answers:
        how = {"until": ["\n"], "max_gen_toks": 6, "do_sample": False}
        first = answers.generate([("The sea", how)] * 2)
        assert first[0] == first[1]
        with pytest.raises(InvalidRequest, match="num_beams"):
            answers.generate([("The sea", {"num_beams": 4})])


def test_a_folder_is_known_by_what_is_in_it(folder: Path) -> None:
    before = digest_of_folder(folder)
    assert before == digest_of_folder(folder)
    (folder / "colours.jsonl").write_text("{}", encoding="utf-8")
    assert before != digest_of_folder(folder)


def test_a_folder_without_tasks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="holds no task"):
        digest_of_folder(tmp_path)
    with pytest.raises(InvalidRequest, match="No task was named"):
        HarnessPlan(tasks=(), folder=tmp_path)


@pytest.mark.skipif(IS_HERE, reason="the extra `harness` is installed")
def test_without_the_library_it_is_said_how_to_install_it() -> None:
    with pytest.raises(SetupError, match="not installed"):
        require_library()
