"""A program of its own that pulls one model, to be killed: `python pull_program.py REF`."""

from __future__ import annotations

import sys

from hearth.config import load_config
from hearth.models.pull import PullOptions, pull

if __name__ == "__main__":
    options = PullOptions(first_pause_s=0.01, silence_s=30.0)
    entry = pull(sys.argv[1], config=load_config(), options=options)
    sys.stdout.write(f"{entry.path}\n")
