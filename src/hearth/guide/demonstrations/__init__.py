"""What a topic says, seen on the reader's own machine and model.

    names()                    all demonstrations
    run(name, surroundings)    -> Demonstration, plain typed data

parts.py         what a demonstration hands over: bars, tables, lines, steps, verdicts
surroundings.py  what it may use: settings, an engine with a model, this machine
registry.py      which there are; each stands in one of the other modules
"""

from hearth.guide.demonstrations.parts import (
    Bar,
    Bars,
    Demonstration,
    Holds,
    Line,
    Part,
    Piece,
    Pieces,
    Prose,
    Scale,
    Series,
    Step,
    Steps,
    Table,
    Verdict,
)
from hearth.guide.demonstrations.registry import names, run
from hearth.guide.demonstrations.surroundings import Surroundings

__all__ = [
    "Bar",
    "Bars",
    "Demonstration",
    "Holds",
    "Line",
    "Part",
    "Piece",
    "Pieces",
    "Prose",
    "Scale",
    "Series",
    "Step",
    "Steps",
    "Surroundings",
    "Table",
    "Verdict",
    "names",
    "run",
]
