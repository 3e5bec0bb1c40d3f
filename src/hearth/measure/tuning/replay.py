"""Measure again what a record of tuning tells of, with its own settings."""

from __future__ import annotations

import threading

from hearth.config import Config
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Draft, Progress, Record, find_subject
from hearth.measure.perplexity.evidence import same_text_path
from hearth.measure.tuning.measuring import measure_tuning
from hearth.measure.tuning.plan import TuningPlan


def replay_tuning(record: Record, config: Config, report: Progress) -> Draft:
    """Tune a record's model again; its formats are made again where they are not here.

    Raises:
        ModelNotFound: The model is not here.
        InvalidRequest: The text has changed since.
    """
    model = str(find_subject(config, record.subjects[0]))
    given = record.settings["plan"] | {"model": model, "text": same_text_path(record)}
    return measure_tuning(read_arguments(given, TuningPlan), config, report, threading.Event())
