"""Read a claim from a sentence, say what was understood, and what was not.

Each rule finds one kind of statement and takes it out of the sentence; what is left at the end, but
for small words, was not understood and is named. Nothing is guessed: where a statement can mean two
things, the meaning that was taken stands beside it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.errors import InvalidRequest
from hearth.machine.catalogue import gpus
from hearth.machine.profile import MachineProfile
from hearth.plan.claims import rules, rules_hardware, rules_model
from hearth.plan.claims.claim import Claim
from hearth.plan.claims.draft import Draft
from hearth.plan.claims.patterns import Rule
from hearth.plan.computers import computer_of
from hearth.plan.units import scaled

MAX_CHARS = 1000
TAKEN = "\x00"
_SMALL_TEXT = """
a about above all an and any approximately are around as at be big bit bits by can card cards
claim claims computer consumer desktop do does easily fit fits for from full gaming get gets
getting gives gpu gpus happily has have home i if in inference into is it its just laptop large
least less like llm local locally machine machines me memory model modern more most my need
needs new no of on one only or our over own pc per quality quantised quantization quantized ram
reach reaches really run running runs same says server should single some speed takes than that
the their there they this through to under up use using via we when which will with within
without work works write writes you your
"""
SMALL_WORDS = frozenset(_SMALL_TEXT.split())
_WORD = re.compile(r"[\w.+/-]*\w[\w.+/-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A fragment of the sentence and what it was taken to mean."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a sentence was taken to claim.

    Args:
        understood: Fragment by fragment.
        ignored: Words that nothing was made of.
        notes: What was taken for granted, as sentences.
    """

    claim: Claim
    understood: tuple[Understood, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_claim(
    text: str, options: Sequence[tuple[str, str]] = (), *, machine: MachineProfile | None = None
) -> Reading:
    """Read a claim.

    Args:
        text: The sentence; may be empty where options say everything.
        options: Further statements, each a name and a sentence such as `context 32k`, which must
            be understood whole.
        machine: Hardware that the claim is about, instead of any in the sentence.

    Raises:
        InvalidRequest: The text is too long, says something twice, or nothing was understood.
    """
    if len(text) > MAX_CHARS:
        raise InvalidRequest(
            f"The claim has {len(text):,} characters; {MAX_CHARS:,} are allowed.",
            hint="Check one claim at a time.",
        )
    draft = Draft()
    understood: list[Understood] = []
    ignored = _read(text, draft, understood)
    for name, sentence in options:
        _read_option(name, sentence, draft, understood)
    if machine is not None:
        understood.append(_read_machine(machine, draft))
    if not understood:
        raise InvalidRequest(
            f"Nothing in {text!r} could be understood as a claim.",
            hint='For example: hearth claim "70B at Q4_K_M, 50 tok/s, dual-channel DDR5-5600"',
        )
    return Reading(
        claim=draft.claim(),
        understood=tuple(understood),
        ignored=tuple(ignored),
        notes=(*draft.notes, *_ambiguous(ignored)),
    )


def _read_option(name: str, sentence: str, draft: Draft, understood: list[Understood]) -> None:
    num_before = len(understood)
    left = _read(sentence, draft, understood)
    if left or len(understood) == num_before:
        flag = name.replace("_", "-")
        raise InvalidRequest(
            f"--{flag}: {sentence!r} could not be understood.",
            hint="`hearth claim --help` shows an example of each option.",
            param=name,
        )


def _read_machine(machine: MachineProfile, draft: Draft) -> Understood:
    if draft.devices:
        raise InvalidRequest(
            "The sentence names hardware, and --machine as well.",
            hint="Leave one of the two out.",
            param="machine",
        )
    draft.machine = computer_of(machine)
    figures = [
        f"{device.name}: {scaled(device.bandwidth, 'B/s')}" for device in draft.machine.devices
    ]
    return Understood(text=machine.name, meaning="; ".join(figures) or "no known bandwidth")


def _ambiguous(words: Sequence[str]) -> list[str]:
    """Say of words that could be a GPU's name which GPUs they could mean."""
    found = []
    for word in words:
        names = [row.name for row in gpus() if word in re.split(r"[ -]", row.name.lower())]
        if names and any(letter.isdigit() for letter in word):
            found.append(f"{word.upper()} can be {' or '.join(names)}: write the whole name.")
    return found


def _read(sentence: str, draft: Draft, understood: list[Understood]) -> list[str]:
    """Apply every rule to one sentence; return the words that are left."""
    left = _plain(sentence)
    original = left
    found: list[tuple[int, Understood]] = []
    for pattern, take in _rules():
        for match in list(pattern.finditer(left)):
            meaning = take(match, draft)
            if meaning is None:
                continue
            fragment = original[match.start() : match.end()].strip()
            found.append((match.start(), Understood(text=fragment, meaning=meaning)))
            left = left[: match.start()] + TAKEN * len(match[0]) + left[match.end() :]
    understood += [each for _, each in sorted(found, key=lambda pair: pair[0])]
    words = (word.strip("-./+") for word in _WORD.findall(left.replace(TAKEN, " ")))
    return [word for word in words if word not in SMALL_WORDS]


@functools.cache
def _rules() -> tuple[Rule, ...]:
    """Return all rules: what names something first, bare numbers last."""
    return (
        *rules_model.name_rules(),
        *rules_hardware.name_rules(),
        *rules.RULES,
        *rules_hardware.RULES,
        *rules.MEMORY,
        *rules_model.size_rules(),
    )


def _plain(sentence: str) -> str:
    """Return the sentence in lower case with one way to write what people write in many."""
    plain = sentence.lower()
    for written, meant in (("×", "x"), ("–", "-"), ("—", " "), ("\u2011", "-"), ("~", "")):  # noqa: RUF001
        plain = plain.replace(written, meant)
    return re.sub(r"\s+", " ", plain)
