"""Load a model into a scoring child."""

from __future__ import annotations

import threading
from pathlib import Path

from hearth.config import Config, load_config
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.planning import Planned, plan_scoring
from hearth.engine.scoring.process import ScoringProcess
from hearth.engine.scoring.scorer import Scorer
from hearth.engine.scoring.settings import ScoringSettings


def open_scorer(
    model: str | Path,
    settings: ScoringSettings | None = None,
    *,
    config: Config | None = None,
    cancelled: threading.Event | None = None,
) -> Scorer:
    """Load a model to score text with; close it, or use it in a `with` block.

    Args:
        model: A name of the library, or a path.
        settings: How it is loaded.
        config: Says where Hearth's home is; None: read from the environment.
        cancelled: Set to give up; the call that runs then raises RequestAborted.

    Raises:
        ModelNotFound: There is no such model.
        BadModelFile: It is damaged, or cannot write text.
        InvalidRequest: A setting is out of range, or impossible for this model.
        ModelTooLarge: It does not fit.
        EngineError: It could not be loaded.
    """
    config = config or load_config()
    planned = plan_scoring(model, settings or ScoringSettings(), config)
    process, ready = start_child(config, cancelled, planned)
    return Scorer(planned, ready, process)


def start_child(
    config: Config, cancelled: threading.Event | None, *planned: Planned
) -> tuple[ScoringProcess, wire.Ready]:
    """Start a child with these models."""
    # A GPU's driver opens files and devices while it computes.
    confine = config.confine and not any(each.message.gpu_layers for each in planned)
    process = ScoringProcess(config.logs_dir / "scoring.log", cancelled)
    try:
        message = wire.Load([each.message for each in planned], confine)
        return process, process.load(message, timeout_s=config.load_timeout_s)
    except BaseException:  # also an interrupted load leaves no process behind
        process.close()
        raise
