"""How fast are hashing and listing? Beside `sha256sum`, interleaved; one JSON line at the end.

    python benchmarks/hashing.py [--gigabytes 1] [--models 500] [--repeats 5]

Physics first: hashing can be no faster than SHA-256 in memory, on one core for one file and on two
for several, nor than the disk when the file is not in memory. The files here are in memory (the
page cache is filled first), so that what is compared is the hashing, and not the disk twice.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hearth.config import load_config
from hearth.models.library import Library
from hearth.models.library.hashing import hash_files, sha256_of
from hearth.models.sources import Places

NUM_FILES = 4


def main() -> None:
    """Measure, say what was found on stderr, and write it as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="size of what is hashed")
    parser.add_argument("--models", type=int, default=500, help="models to list")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-hashing-") as folder:
        result = {
            "cores": len(os.sched_getaffinity(0)),
            "hashing": hashing(Path(folder), int(given.gigabytes * 1e9), given.repeats),
            "listing": listing(Path(folder), given.models, given.repeats),
        }
    sys.stdout.write(json.dumps(result) + "\n")


def hashing(folder: Path, num_bytes: int, repeats: int) -> dict[str, object]:
    """Hash one file, and the same bytes in several, by each way in turn."""
    one, many = make_files(folder, num_bytes)
    ways: dict[str, Callable[[], object]] = {
        "memory": lambda: hash_memory(num_bytes),
        "hearth": lambda: sha256_of(one),
        "hearth, several files": lambda: hash_files(many),
    }
    if shutil.which("sha256sum"):
        ways["sha256sum"] = lambda: run("sha256sum", str(one))
    if shutil.which("openssl"):
        ways["openssl"] = lambda: run("openssl", "dgst", "-sha256", str(one))
    rates = measure(ways, num_bytes, repeats)
    for path in (one, *many):
        path.unlink()
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        low, high = min(rates[name]), max(rates[name])
        say(f"{name:22} {median / 1e6:8.0f} MB/s   ({low / 1e6:.0f} to {high / 1e6:.0f})")
    ratios = {
        f"hearth / {name}": round(medians["hearth"] / medians[name], 3)
        for name in ("memory", "sha256sum", "openssl")
        if name in medians
    }
    say(", ".join(f"{name}: {ratio}" for name, ratio in ratios.items()))
    return {"num_bytes": num_bytes, "bytes_per_s": rates, "ratios": ratios}


def make_files(folder: Path, num_bytes: int) -> tuple[Path, list[Path]]:
    """Write one file, and its bytes again in several."""
    block = os.urandom(1 << 20)
    paths = [folder / "one", *(folder / f"part-{number}" for number in range(NUM_FILES))]
    sizes = [num_bytes, *[num_bytes // NUM_FILES] * NUM_FILES]
    for path, size in zip(paths, sizes, strict=True):
        with path.open("wb") as file:
            for start in range(0, size, len(block)):
                file.write(block[: size - start])
    return paths[0], paths[1:]


def hash_memory(num_bytes: int) -> None:
    """Hash as many bytes without reading any: the limit of one core."""
    block, digest = bytes(4 << 20), hashlib.sha256()
    for start in range(0, num_bytes, len(block)):
        digest.update(block[: num_bytes - start])


def run(*command: str) -> None:
    """Run another program."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure(
    ways: dict[str, Callable[[], object]], num_bytes: int, repeats: int
) -> dict[str, list[float]]:
    """Return bytes per second of each way, the ways taken in turn; a first round is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repeats + 1):
        for name, way in ways.items():
            start_s = time.perf_counter()
            way()
            if number:
                rates[name].append(num_bytes / (time.perf_counter() - start_s))
    return rates


def listing(folder: Path, num_models: int, repeats: int) -> dict[str, object]:
    """List a library: the first time, again in the same program, and by a program of its own."""
    home, models = folder / "home", folder / "models"
    home.mkdir()
    for number in range(num_models):
        path = models / f"publisher-{number % 20}" / f"repository-{number}" / "model-Q4_K_M.gguf"
        path.parent.mkdir(parents=True)
        path.write_bytes(f"GGUF {number}".encode() + bytes(400_000))
    config = load_config(home=home, model_folders=[models], other_programs=False)
    library = Library(config, Places())
    first_s = timed(library.list)
    again_s = [timed(library.list) for _ in range(repeats)]
    fresh_s = [timed(Library(config, Places()).list) for _ in range(repeats)]
    environment = {
        **os.environ,
        "HEARTH_HOME": str(home),
        "HEARTH_MODEL_FOLDERS": json.dumps([str(models)]),
        "HEARTH_OTHER_PROGRAMS": "false",
    }
    command = [sys.executable, "-m", "hearth", "models", "list", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    whole_s = [
        timed(lambda: subprocess.run(command, check=True, capture_output=True, env=environment))
        for _ in range(repeats)
    ]
    say(
        f"list of {num_models} models: first {first_s * 1e3:.0f} ms, again {ms(again_s)}, "
        f"with the database opened {ms(fresh_s)}, `hearth models list` {ms(whole_s)}"
    )
    return {
        "num_models": num_models,
        "first_s": first_s,
        "again_s": again_s,
        "fresh_s": fresh_s,
        "command_s": whole_s,
    }


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes, in seconds."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


def ms(times_s: list[float]) -> str:
    """Return a median and its range in milliseconds."""
    low, high = min(times_s) * 1e3, max(times_s) * 1e3
    return f"{statistics.median(times_s) * 1e3:.0f} ms ({low:.0f} to {high:.0f})"


def say(line: str) -> None:
    """Write a line for people."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
