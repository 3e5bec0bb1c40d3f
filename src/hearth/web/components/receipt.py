"""The line that says what was cut from a prompt; nothing is ever cut without it."""

from __future__ import annotations

from markupsafe import Markup

from hearth.core import ContextPolicy, Receipt
from hearth.web.figures import count
from hearth.web.parts import part


def receipt_line(receipt: Receipt | None) -> Markup:
    """Return the line for a receipt, or nothing where nothing was cut."""
    return part("receipt", words=receipt_words(receipt)) if receipt else Markup("")


def receipt_words(receipt: Receipt) -> str:
    """Say in one sentence what was cut and why."""
    cut_tokens = receipt.prompt_tokens_before - receipt.prompt_tokens_after
    place = "the middle" if receipt.policy is ContextPolicy.KEEP_ENDS else "the beginning"
    what = (
        count(len(receipt.dropped_messages), "message")
        if receipt.dropped_messages
        else count(cut_tokens, "token")
    )
    return (
        f"The model did not see {what} from {place} of this conversation: "
        f"{count(receipt.prompt_tokens_before, 'token')} were to go into a context of "
        f"{receipt.context_tokens:,}; it read {receipt.prompt_tokens_after:,}."
    )
