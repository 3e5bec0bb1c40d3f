"""Records in words: a figure with no more digits than its interval allows, and what was run."""

from __future__ import annotations

import math

from hearth.measure.evidence.record import Circumstances, Figure, Subject

LONE_DIGITS = 4  # of a figure from one run
LEAST_DIGITS = 3  # of any figure
SMALLEST_PLAIN = 1e-6

ONE_RUN = "one run"

_MACHINE = ("processor", "memory", "GPU", "system")  # in the order in which they matter


def value_text(figure: Figure) -> str:
    """Return a figure's value with its unit: `57.3 tokens/s`."""
    return f"{number_text(figure.value, spread(figure))} {figure.unit}".strip()


def interval_text(figure: Figure) -> str:
    """Return what a figure lies between, or that it is from one run: `56.8 to 57.9`."""
    if figure.low is None or figure.high is None:
        return ONE_RUN
    low, high = (number_text(end, spread(figure)) for end in (figure.low, figure.high))
    return f"{low} to {high}"


def figure_text(figure: Figure) -> str:
    """Return a figure in a line: `57.3 tokens/s (56.8 to 57.9)`."""
    return f"{value_text(figure)} ({interval_text(figure)})"


def spread(figure: Figure) -> float:
    """Return the width of a figure's interval; 0 where it has none."""
    return figure.high - figure.low if figure.low is not None and figure.high is not None else 0.0


def number_text(value: float, width: float = 0.0) -> str:
    """Return a number with two digits of its interval's width, but three of its own at least.

    Args:
        value: The number.
        width: Of its interval; 0 where it has none.
    """
    if value and abs(value) < SMALLEST_PLAIN:
        return f"{value:.2e}"
    size = math.floor(math.log10(abs(value))) if value else 0
    if width > 0:
        places = max(1 - math.floor(math.log10(width)), LEAST_DIGITS - 1 - size)
    else:
        places = LONE_DIGITS - 1 - size
    text = f"{value:,.{min(max(places, 0), 12)}f}"
    return text if width > 0 or "." not in text else text.rstrip("0").rstrip(".")


def subject_facts(subject: Subject) -> dict[str, str]:
    """Return what identifies a subject, by name: digests in full, so that they can be compared."""
    size = f"{subject.size_bytes:,} bytes" if subject.size_bytes else ""
    found = {
        "role": subject.role,
        "kind of model": " ".join(
            part for part in (subject.architecture, subject.quantization) if part
        ),
        "size": size,
        "SHA-256": subject.digest,
        "chat template, SHA-256": subject.template,
        "adapter, SHA-256": subject.adapter,
    }
    return {name: value for name, value in found.items() if value}


def machine_facts(circumstances: Circumstances) -> dict[str, str]:
    """Return what is said of the machine, the most important first."""
    facts = circumstances.machine_facts
    names = [*(name for name in _MACHINE if name in facts), *facts]
    return {name: facts[name] for name in names}


def circumstance_facts(circumstances: Circumstances) -> dict[str, str]:
    """Return where and when something was measured, by name."""
    loads = (circumstances.load_before, circumstances.load_after)
    load = " before, ".join(f"{load:.2f}" for load in loads if load is not None)
    found = {
        "begun": f"{circumstances.begun_at:%Y-%m-%d %H:%M:%S} UTC",
        "took": f"{circumstances.seconds:,.1f} s",
        **machine_facts(circumstances),
        "machine": circumstances.machine,
        "load": f"{load} after" if None not in loads else "",
        "disturbed by": "; ".join(circumstances.disturbances) or "nothing that was seen",
        "engine": circumstances.engine,
        "Hearth": circumstances.hearth,
    }
    return {name: value for name, value in found.items() if value}
