"""Numbers as people read them: each with its unit, none more exact than it is."""

from __future__ import annotations

from datetime import date, datetime

from hearth.core import Finished


def size(num_bytes: float) -> str:
    """Return a size in the decimal units of disks and memory, as in `98 MB`."""
    for unit in ("B", "kB", "MB"):
        if num_bytes < 999.5:
            return f"{num_bytes:.0f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} GB"


def seconds(value: float) -> str:
    """Return a duration, as in `85 ms`, `0.42 s`, `12 s`, `3 min`."""
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    if value < 9.95:
        return f"{value:.2f} s" if value < 0.995 else f"{value:.1f} s"
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


def rate(tokens_per_s: float) -> str:
    """Return a speed, as in `84 tok/s`."""
    return f"{tokens_per_s:.0f} tok/s" if tokens_per_s >= 9.95 else f"{tokens_per_s:.1f} tok/s"


def count(number: int, noun: str) -> str:
    """Return a number of things, as in `1 token`, `2,048 tokens`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float) -> str:
    """Return a share of one, as in `34 %`, `0.2 %`, `< 0.1 %`."""
    value = share * 100
    if value < 0.1:
        return "< 0.1 %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


def answer_figures(finished: Finished) -> list[str]:
    """Return the figures of one answer: prompt, time to first token, speed, length."""
    usage, timings = finished.usage, finished.timings
    kept = f" ({usage.cached_tokens:,} kept)" if usage.cached_tokens else ""
    guessed = f" ({usage.accepted_tokens:,} guessed ahead)" if usage.accepted_tokens else ""
    figures = [
        f"{seconds(timings.first_token_s)} to first token",
        f"{count(usage.completion_tokens, 'token')}{guessed}",
        f"prompt {count(usage.prompt_tokens, 'token')}{kept} in {seconds(timings.prompt_s)}",
    ]
    if usage.completion_tokens > 1 and timings.decode_s > 0:
        figures.insert(1, rate((usage.completion_tokens - 1) / timings.decode_s))
    return figures


def day_group(moment: datetime, today: date) -> str:
    """Return the heading under which a conversation of that day is listed."""
    days = (today - moment.astimezone().date()).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days < 7:
        return "This week"
    if days < 31:
        return "This month"
    return f"{moment:%B %Y}"


def since(moment: datetime, now: datetime) -> str:
    """Return how long ago something was, as in `just now`, `5 min ago`, `yesterday`, `3 May`."""
    passed_s = (now - moment).total_seconds()
    days = (now.date() - moment.astimezone(now.tzinfo).date()).days
    if passed_s < 60:
        return "just now"
    if passed_s < 3600:
        return f"{passed_s / 60:.0f} min ago"
    if days == 0:
        return f"{passed_s / 3600:.0f} h ago"
    if days == 1:
        return "yesterday"
    if days < 31:
        return f"{days} days ago"
    return f"{moment.day} {moment:%B}" + (f" {moment.year}" if moment.year != now.year else "")


def parameters(number: int) -> str:
    """Return a number of parameters, as in `135 million`, `8.03 billion`."""
    if number < 999_500:
        return f"{number:,}"
    if number < 999_500_000:
        return f"{number / 1e6:.3g} million"
    return f"{number / 1e9:.3g} billion" if number < 999.5e9 else f"{number / 1e12:.3g} trillion"


def byte_rate(bytes_per_s: float) -> str:
    """Return the speed of a transfer, as in `12 MB/s`."""
    return f"{size(bytes_per_s)}/s"


def remaining(value_s: float) -> str:
    """Return a time to wait, as in `40 s left`, `12 min left`, `2 h 5 min left`."""
    if value_s < 99.5:
        return f"{value_s:.0f} s left"
    minutes = round(value_s / 60)
    return f"{minutes} min left" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min left"


def short_count(number: int) -> str:
    """Return a large number in few characters, as in `850`, `12k`, `3.4M`."""
    if number < 1000:
        return str(number)
    if number < 999_500:
        return f"{number / 1e3:.3g}k"
    return f"{number / 1e6:.3g}M"


def sentence(words: str) -> str:
    """Return words with a capital first letter, and all others as they are: names keep theirs."""
    return words[:1].upper() + words[1:]
