"""Paths: topics and things to do in an order that leads somewhere, with progress kept.

The paths are data, in `paths.toml`; which steps are done, the database keeps.
"""

from hearth.guide.paths.path import Path, Step
from hearth.guide.paths.progress import PathProgress, Progress
from hearth.guide.paths.reading import find_path, paths, read_paths

__all__ = [
    "Path",
    "PathProgress",
    "Progress",
    "Step",
    "find_path",
    "paths",
    "read_paths",
]
