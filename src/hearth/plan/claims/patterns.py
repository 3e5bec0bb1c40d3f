"""How people write quantities: the pieces that the patterns of a claim are put together from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from hearth.errors import InvalidRequest
from hearth.plan.claims.draft import Draft

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Draft], str | None]]

MAX_NUMBER = 1e21
NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
SCALE = r"(k|m|b|t|thousand|million|billion|trillion)?"
TOKENS = r"(?:tok(?:en)?s?|t)"
PER_SECOND = rf"{TOKENS}\s*(?:/|per|a)\s*s(?:ec(?:ond)?s?)?\b|tps\b"
SIZE_UNIT = r"(tib|gib|mib|tb|gb|mb)"
TIME_UNIT = (
    r"(ms|milliseconds?|s(?:econds?|ecs?)?|m(?:inutes?|ins?|onths?)|h(?:ours?|rs?)?|d(?:ays?)?|"
    r"weeks?|years?)"
)
COUNT_WORD = r"(single|one|dual|two|triple|three|quad|four|six|hexa|eight|octa|twelve|\d{1,4})"

_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_SIZES = {"mb": 1e6, "gb": 1e9, "tb": 1e12, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_TIMES = (  # by how the unit starts, the first that fits
    ("ms", 1e-3),
    ("milli", 1e-3),
    ("mo", 30.44 * 86400.0),
    ("m", 60.0),
    ("s", 1.0),
    ("h", 3600.0),
    ("d", 86400.0),
    ("w", 7 * 86400.0),
    ("y", 365.25 * 86400.0),
)
_COUNTS = {
    "single": 1,
    "one": 1,
    "dual": 2,
    "two": 2,
    "triple": 3,
    "three": 3,
    "quad": 4,
    "four": 4,
    "six": 6,
    "hexa": 6,
    "eight": 8,
    "octa": 8,
    "twelve": 12,
}


def number(text: str, scale: str | None = None) -> float:
    """Read a number and the letter or word that multiplies it.

    Raises:
        InvalidRequest: It is zero, or beyond anything that can be meant.
    """
    value = float(text.replace(",", "")) * (_SCALES[scale[0]] if scale else 1.0)
    if not 0 < value < MAX_NUMBER:
        raise InvalidRequest(
            f"{text[:20]} cannot be judged; amounts are more than 0 and less than {MAX_NUMBER:g}.",
            hint='For example: hearth claim "8B at Q8_0, 20 tok/s, DDR5-5600 x2"',
        )
    return value


def tokens(text: str, scale: str | None = None) -> int:
    """Read a number of tokens: of a context, where k is 1024 as people use it for powers of two."""
    value = number(text)
    if scale and scale[0] == "k":
        return round(value * (1024 if value in _POWERS else 1000))
    if scale and scale[0] == "m":
        return round(value * (2**20 if value in _POWERS else 1e6))
    return round(number(text, scale))


def size_bytes(text: str, unit: str) -> float:
    """Read a size; GB are 10^9 bytes, GiB are 2^30."""
    return number(text) * _SIZES[unit]


def seconds(text: str, unit: str) -> float:
    """Read a time."""
    return number(text) * next(factor for start, factor in _TIMES if unit.startswith(start))


def how_many(word: str) -> int:
    """Read `dual` or `12`.

    Raises:
        InvalidRequest: It is zero.
    """
    return _COUNTS[word] if word in _COUNTS else int(number(word))


def half_unit(text: str) -> float:
    """Return half of the last digit's unit: how far a rounded label may be off."""
    _, _, decimals = text.replace(",", "").partition(".")
    return float(0.5 / 10 ** len(decimals))


def whole(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that must not start or end inside a word."""
    return re.compile(rf"(?<![\w.])(?:{pattern})(?!\w)")


def one_of(names: Iterable[str]) -> str:
    """Return the pattern of any of these names, blanks and hyphens alike, the longest first."""
    ordered = sorted(set(names), key=len, reverse=True)
    return "|".join(re.sub(r"(?:\\ |\\-)+", "[ -]?", re.escape(name)) for name in ordered)


_POWERS = frozenset({1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0})
