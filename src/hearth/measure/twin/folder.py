"""Where stand-ins lie while they are used: a folder of Hearth's home that outlives no user of it.

Each stand-in has a folder and a lock beside it. The system frees the lock however its holder ends,
so a folder whose lock can be taken belongs to nobody, and goes when the next one is made.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hearth.config import Config, ensure_home

FOLDER = "twins"
LOCK_SUFFIX = ".lock"
POLL_S = 0.1
TURN = "turn"  # held by the one try that runs
DOOR = "door"  # held while folders come and go, so that none is taken for a leftover half-made


@contextmanager
def own_turn(config: Config, wait: Callable[[], None]) -> Iterator[None]:
    """Wait until no other try runs, in any process: two would slow each other down.

    Args:
        config: Says where Hearth's home is.
        wait: Called again and again while another one runs; may raise to give up.

    Raises:
        SetupError: Hearth's home cannot be written.
    """
    root = _root(config)
    lock = FileLock(root / TURN)
    while True:
        try:
            lock.acquire(timeout=POLL_S)
            break
        except Timeout:
            wait()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def stand_in_folder(config: Config) -> Iterator[Path]:
    """Make a folder for stand-ins, and remove it when the block ends.

    Raises:
        SetupError: Hearth's home cannot be written.
    """
    root = _root(config)
    folder = root / uuid.uuid4().hex
    lock = FileLock(folder.with_suffix(LOCK_SUFFIX))
    with FileLock(root / DOOR):
        _remove_leftovers(root)
        lock.acquire()
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _root(config: Config) -> Path:
    ensure_home(config)
    root = config.home / FOLDER
    root.mkdir(mode=0o700, exist_ok=True)
    return root


def _remove_leftovers(root: Path) -> None:
    for path in root.glob(f"*{LOCK_SUFFIX}"):
        with contextlib.suppress(Timeout), FileLock(path).acquire(blocking=False):
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink(missing_ok=True)
