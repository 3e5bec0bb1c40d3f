"""Does a model do what it is told? Instructions that a program can verify.

Format, length, words, language, JSON: whether an answer obeys is a matter of counting and not of
taste, so that no judge is needed. Each answer is scored by the letter and, beside it, loosely
(without a first or last line, without emphasis marks).

Source of the idea: Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models",
https://arxiv.org/abs/2311.07911. The instructions here are Hearth's own.
"""

from hearth.measure.instruction.items import read_items
from hearth.measure.instruction.measuring import bench_instruction, measure_instruction, replay
from hearth.measure.instruction.scoring import InstructionScores, score

__all__ = [
    "InstructionScores",
    "bench_instruction",
    "measure_instruction",
    "read_items",
    "replay",
    "score",
]
