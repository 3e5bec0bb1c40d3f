"""Statements about what is done: speeds, contexts, users, training, downloads, and their times."""

from __future__ import annotations

import re

from hearth.plan.claims.draft import Draft
from hearth.plan.claims.patterns import (
    NUMBER,
    PER_SECOND,
    SCALE,
    SIZE_UNIT,
    TIME_UNIT,
    TOKENS,
    Rule,
    number,
    seconds,
    size_bytes,
    tokens,
    whole,
)
from hearth.plan.units import count, duration, num_bytes, scaled, tokens_per_s

_AT = r"(?:at|of|with|in|under|below|after|is|:|=|<)? ?"
_LINE = {"kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "kbps": 1e3, "mbps": 1e6, "gbps": 1e9}
_EACH = r"(?: (per user|per stream|per sequence|per request|each))?"


def _drafts(match: re.Match[str], draft: Draft) -> str | None:
    draft.say("drafts", True)
    return "several drafted tokens are checked in one pass"


def _prompt_speed(match: re.Match[str], draft: Draft) -> str | None:
    groups = match.groups()
    value, scale = (groups[0], groups[1]) if groups[0] else (groups[2], groups[3])
    speed = number(value, scale)
    draft.say("prompt_speed", speed)
    return f"prompts are read at {tokens_per_s(speed)}"


def _first_token(match: re.Match[str], draft: Draft) -> str | None:
    draft.say("first_token_s", seconds(match[1], match[2]))
    return f"first token after {duration(seconds(match[1], match[2]))}"


def _prompt_tokens(match: re.Match[str], draft: Draft) -> str | None:
    value, scale = (match[1], match[2]) if match[1] else (match[3], match[4])
    length = tokens(value, scale)
    draft.say("prompt_tokens", length)
    return f"a prompt of {length:,} tokens"


def _speed(match: re.Match[str], draft: Draft) -> str | None:
    speed = number(match[1], match[2])
    draft.say("speed", speed)
    if match[3]:
        draft.say("is_per_sequence", True)
        return f"answers at {tokens_per_s(speed)} for each sequence"
    return f"answers at {tokens_per_s(speed)}"


def _time_per_token(match: re.Match[str], draft: Draft) -> str | None:
    speed = 1 / max(seconds(match[1], match[2]), 1e-9)
    draft.say("speed", speed)
    return f"answers at {tokens_per_s(speed)}"


def _context(match: re.Match[str], draft: Draft) -> str | None:
    value, scale = (match[1], match[2]) if match[1] else (match[3], match[4])
    length = tokens(value, scale)
    draft.say("context", length)
    return f"a context of {length:,} tokens"


def _train_tokens(match: re.Match[str], draft: Draft) -> str | None:
    found = number(match[1], match[2])
    draft.say("train_tokens", found)
    return f"{count(found)} tokens of training data"


def _batch(match: re.Match[str], draft: Draft) -> str | None:
    found = int(number(match[1] or match[2]))
    draft.say("batch", found)
    return f"{found} sequences at once"


def _method(match: re.Match[str], draft: Draft) -> str | None:
    word = match[0].replace("-", "").replace(" ", "")
    if word in ("qlora", "lora"):
        draft.fields["method"] = "QLoRA" if word == "qlora" else "LoRA"
    elif "method" in draft.fields:
        return "training"
    else:
        tuning = "fine" in word or "tun" in word
        draft.say("method", "full fine-tuning" if tuning else "pre-training")
    return str(draft.fields["method"])


def _rank(match: re.Match[str], draft: Draft) -> str | None:
    draft.say("rank", int(match[1]))
    return f"adapters of rank {match[1]}"


def _download(match: re.Match[str], draft: Draft) -> str | None:
    draft.say("is_download", True)
    return "a download"


def _load(match: re.Match[str], draft: Draft) -> str | None:
    draft.say("is_load", True)
    return "loading into memory"


def _line(match: re.Match[str], draft: Draft) -> str | None:
    if match[0].startswith("gigabit"):
        bits = 1e9
    else:
        bits = number(match[1]) * _LINE[match[2][:4]]
    draft.say("link_bits_per_s", bits)
    return f"a line of {scaled(bits, 'bit/s')}"


def _duration(match: re.Match[str], draft: Draft) -> str | None:
    found = seconds(match[1], match[2])
    draft.say("seconds", found)
    return f"in {duration(found)}"


def _memory(match: re.Match[str], draft: Draft) -> str | None:
    found = size_bytes(match[1], match[2])
    word = (match[3] or "").strip()
    if word == "file" or (draft.fields.get("is_download") and not word):
        draft.say("download_bytes", found)
        return f"a file of {num_bytes(found)}"
    if word in ("ram", "system ram", "main memory", "system memory"):
        draft.say("ram_bytes", found)
        return f"{num_bytes(found)} of main memory"
    draft.say("memory_bytes", found)
    if word in ("vram", "gpu memory", "video memory"):
        draft.say("memory_kind", "VRAM")
        return f"{num_bytes(found)} of GPU memory"
    return f"{num_bytes(found)} of memory"


RULES: tuple[Rule, ...] = (
    (
        whole(r"speculative(?: decoding)?|speculation|mtp|eagle(?:-?\d)?|medusa|draft(?: model)?"),
        _drafts,
    ),
    (whole(rf"(?:ttft|(?:time to )?first token) ?{_AT}{NUMBER} ?{TIME_UNIT}"), _first_token),
    (
        whole(
            rf"(?:prompts?(?: processing| eval| reading)?|prefill|pp\d*) ?{_AT}{NUMBER} ?{SCALE} ?"
            rf"(?:{PER_SECOND})|{NUMBER} ?{SCALE} ?(?:{PER_SECOND}) (?:of )?"
            r"(?:prompt(?: processing| eval)?|prefill|pp)"
        ),
        _prompt_speed,
    ),
    (
        whole(
            rf"{NUMBER} ?{SCALE}[ -]?(?:{TOKENS})?[ -]?prompts?|"
            rf"prompts? (?:of|with) {NUMBER} ?{SCALE} ?{TOKENS}"
        ),
        _prompt_tokens,
    ),
    (whole(rf"{NUMBER} ?{SCALE} ?(?:{PER_SECOND}){_EACH}"), _speed),
    (whole(rf"{NUMBER} ?{TIME_UNIT} ?(?:/|per|a|each) ?tok(?:en)?"), _time_per_token),
    (
        whole(
            rf"{NUMBER} ?{SCALE}[ -]?(?:{TOKENS} )?(?:of )?(?:context|ctx)(?: window| length)?|"
            rf"(?:context|ctx)(?: window| length| size)? ?{_AT}{NUMBER} ?{SCALE}(?: ?{TOKENS})?"
        ),
        _context,
    ),
    (whole(rf"(?:on|with|over|using|for)? ?{NUMBER} ?{SCALE}[ -]?tokens?"), _train_tokens),
    (
        whole(
            rf"batch(?:es)?(?: size)?(?: of)? ?{NUMBER}|{NUMBER} (?:concurrent |parallel |"
            r"simultaneous )?(?:users|streams|requests|sequences|sessions|clients|people)"
        ),
        _batch,
    ),
    (whole(r"q-?lora|lora"), _method),
    (
        whole(
            r"(?:fully? )?(?:parameter )?fine-? ?tun(?:e|ed|es|ing)|pre-?train(?:ed|s|ing)?|"
            r"train(?:ed|s|ing)?(?: from scratch)?|from scratch"
        ),
        _method,
    ),
    (whole(r"(?:rank ?=? ?|r ?= ?)(\d+)"), _rank),
    (whole(r"downloads?|downloaded|downloading|pulls?|pulled|fetch(?:es|ed)?"), _download),
    (whole(r"loads?|loaded|loading|cold start|starts up"), _load),
    (
        whole(
            rf"{NUMBER} ?([kmg]bit(?:/s|s)?|[kmg]bps)(?: (?:line|link|connection|internet|fibre|"
            r"fiber|dsl))?|gigabit(?: (?:line|link|connection|internet|fibre|fiber|ethernet))?"
        ),
        _line,
    ),
    (whole(rf"{NUMBER} ?{TIME_UNIT}"), _duration),
)
MEMORY: tuple[Rule, ...] = (
    (
        whole(
            rf"{NUMBER} ?{SIZE_UNIT}(?: of)?( vram| gpu memory| video memory| system ram| ram|"
            r" main memory| system memory| unified memory| memory| file)?(?! ?/s)"
        ),
        _memory,
    ),
)
