"""What is right and wrong here: one function that examines, findings that name their cure."""

from hearth.doctor.examination import examine
from hearth.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
