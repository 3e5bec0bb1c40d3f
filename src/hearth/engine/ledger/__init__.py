"""What the engine notes for the ledger of predictions: each load, and now and then an answer.

    loading  ->  Ledger.opened  -> a record of the load: memory by part, seconds
    answer   ->  ModelLedger.answered  -> at most one record a minute: speeds, time to first token

Predictions are made and records are written in a thread of their own, behind a bounded queue, so
that no answer ever waits for them or fails with them. Noted are numbers and names of models; what
is asked and answered never gets here.
"""

from hearth.engine.ledger.ledger import Ledger, ModelLedger
from hearth.engine.ledger.load_facts import LoadFacts, cached_share
from hearth.engine.ledger.traffic import Crowd, Traffic

__all__ = ["Crowd", "Ledger", "LoadFacts", "ModelLedger", "Traffic", "cached_share"]
