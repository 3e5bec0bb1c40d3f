"""Well-known models by name: a header made from their published configuration."""

from __future__ import annotations

import functools
import re

from hearth.models.blueprint import PublicModel, public_model, public_models, quantized
from hearth.plan.choose.subject import Subject, requantized, subject_of_headers

PUBLISHED_AS = "F16"  # other quantizations are reckoned from there

_HUB = "https://huggingface.co/"
_NO_LETTERS = re.compile(r"[\s_-]+")


def find_published(text: str) -> Subject | None:
    """Return the well-known model of this whole name, in any case of letters; None if none is."""
    wanted = _plain(text)
    for model in public_models():
        names = (*model.names, model.name, _repository(model))
        if wanted in map(_plain, names):
            return published_subject(model.name)
    return None


@functools.cache
def published_subject(name: str) -> Subject:
    """Return a well-known model of exactly this name as something to plan for, in 16 bits.

    Raises:
        ModelNotFound: No row has this name.
    """
    model = public_model(name)
    return subject_of_headers(
        [quantized(model.blueprint, PUBLISHED_AS).header],
        name=model.name,
        place="published",
        source=f"its published configuration, {model.source}",
    )


@functools.cache
def requantized_published(name: str, quantization: str) -> Subject:
    """Return a well-known model in a quantization; kept, since tables ask for many again."""
    return requantized(published_subject(name), quantization)


def published_names() -> tuple[str, ...]:
    """Return the names of all well-known models, the smallest first."""
    return tuple(model.name for model in public_models())


def _repository(model: PublicModel) -> str:
    return "/".join(model.source.removeprefix(_HUB).split("/")[:2])


def _plain(name: str) -> str:
    return _NO_LETTERS.sub(" ", name.casefold()).strip()
