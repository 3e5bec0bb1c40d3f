"""What every page is given: the engine, the store, the settings, and what is in progress."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.chat.session import ChatSession
from hearth.config import Config
from hearth.engine.client import Engine
from hearth.guide.paths import Progress
from hearth.jobs import Jobs
from hearth.measure.evidence import Ledger
from hearth.models.hub import Hub
from hearth.models.library import Library
from hearth.store.conversations import Conversations
from hearth.store.predictions import Predictions
from hearth.web.answers import Answers
from hearth.web.arenas import Arenas
from hearth.web.demonstrations import Demonstrations
from hearth.web.loads import Loads
from hearth.web.local_models import LocalModels


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The things below the web face that pages use; none of them knows of a page."""

    engine: Engine
    conversations: Conversations
    predictions: Predictions
    ledger: Ledger
    session: ChatSession
    answers: Answers
    jobs: Jobs
    loads: Loads
    arenas: Arenas
    demonstrations: Demonstrations
    progress: Progress
    library: Library
    shelf: LocalModels
    hub: Hub
    config: Config
