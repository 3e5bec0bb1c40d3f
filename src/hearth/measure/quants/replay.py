"""Measure again what a record of quantizations tells of, with its own settings."""

from __future__ import annotations

import threading

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Draft, Progress, Record, find_subject
from hearth.measure.perplexity.evidence import same_text_path
from hearth.measure.quants.measure import measure_quants
from hearth.measure.quants.plan import QuantsPlan


def replay_quants(record: Record, config: Config, report: Progress) -> Draft:
    """Compare a record's models again, the same bytes; see `hearth.measure.evidence.replay`.

    Raises:
        ModelNotFound: One of them is not here.
        InvalidRequest: The text has changed since.
    """
    reference, *others = (str(find_subject(config, subject)) for subject in record.subjects)
    if not others:
        raise InvalidRequest(f"The record {record.id} names no candidates.")
    models = {"model": reference, "candidates": others, "text": same_text_path(record)}
    plan = read_arguments(record.settings["plan"] | models, QuantsPlan)
    return measure_quants(plan, config, report, threading.Event())
