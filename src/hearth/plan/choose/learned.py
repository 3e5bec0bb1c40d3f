"""What this machine's ledger of predictions has taught, read where there is one."""

from __future__ import annotations

from contextlib import closing

from hearth.config import Config
from hearth.errors import StoreError
from hearth.machine.profile import MachineProfile
from hearth.plan.accuracy import Accuracy, accuracy, basis_of

NOTHING = Accuracy(points=(), bands={})


def learned(config: Config, profile: MachineProfile) -> Accuracy:
    """Return how good predictions of a machine have been; nothing where none was ever noted.

    Args:
        config: Names the database.
        profile: The machine; records of others do not count.
    """
    if config.database_url is None and not config.database_path.exists():
        return NOTHING
    from hearth.store.database import open_database
    from hearth.store.predictions import Predictions

    try:
        with closing(open_database(config)) as database:
            records = Predictions(database).list(machine=profile.fingerprint)
            return accuracy(records, basis=basis_of(profile))
    except StoreError:
        return NOTHING  # a plan needs no history; whatever needs the database will say so
