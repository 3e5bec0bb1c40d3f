"""The pieces of a claim given one by one, written as the sentences that the reader knows."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hearth.errors import InvalidRequest

METHODS = {
    "pre-training": "pre-training",
    "pretraining": "pre-training",
    "full": "full fine-tuning",
    "lora": "lora",
    "qlora": "qlora",
}
_FORMS = {
    "params": "{} parameters",
    "active": "{} active",
    "quant": "{}",
    "context": "context {}",
    "speed": "{} tokens/s",
    "prompt_speed": "prompt {} tokens/s",
    "memory": "{} memory",
    "users": "{} users",
    "download": "download {} file",
    "line": "{}",
    "time": "{}",
    "train": "{}",
    "tokens": "{} tokens",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What was said of a claim apart from its sentence; each as its unit's usual text."""

    params: str | None = None
    active: str | None = None
    quant: str | None = None
    context: str | None = None
    speed: str | None = None
    prompt_speed: str | None = None
    memory: str | None = None
    users: int | None = None
    download: str | None = None
    line: str | None = None
    time: str | None = None
    train: str | None = None
    tokens: str | None = None

    def sentences(self) -> tuple[tuple[str, str], ...]:
        """Return each statement's name with its sentence.

        Raises:
            InvalidRequest: The way of training is not one of those known.
        """
        found = []
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None:
                text = _method(value) if each.name == "train" else str(value)
                found.append((each.name, _FORMS[each.name].format(text)))
        return tuple(found)


def _method(said: str) -> str:
    method = METHODS.get(said.casefold())
    if method is None:
        raise InvalidRequest(
            f"--train {said!r} is no way of training; pre-training, full, lora and qlora are.",
            param="train",
            hint="For example: hearth claim --params 7B --train qlora --memory 8GB",
        )
    return method
