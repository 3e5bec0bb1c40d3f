"""From a `Load` message to a small model that can write ahead."""

from __future__ import annotations

from pathlib import Path

from hearth.engine import messages as wire
from hearth.engine.llama.context import Context, ContextSettings
from hearth.engine.llama.model import Model
from hearth.engine.llama.vocab import Vocab
from hearth.engine.worker.speculation.draft_model import DraftModel
from hearth.errors import InvalidRequest
from hearth.plan.drafts import DRAFT_BATCH_TOKENS, DRAFT_KV_TYPE


def load_draft_model(message: wire.Load, vocab: Vocab) -> DraftModel:
    """Load the small model that a message names.

    Args:
        message: How the large one is loaded.
        vocab: The large one's.

    Raises:
        InvalidRequest: The two do not have the same vocabulary.
        LoadFailed: It cannot be loaded.
    """
    path = Path(message.draft_path or "")
    model = Model(path)
    check_same_vocabulary(vocab, model.vocab, path.name)
    settings = ContextSettings(
        cells=message.context,
        sequences=message.num_sequences + 1,  # the last one is for copies
        batch_tokens=max(DRAFT_BATCH_TOKENS, message.num_sequences),
        micro_batch_tokens=max(DRAFT_BATCH_TOKENS, message.num_sequences),
        threads=message.threads,
        threads_batch=message.threads_batch,
        kv_type=DRAFT_KV_TYPE,
    )
    return DraftModel(Context(model, settings))


def check_same_vocabulary(vocab: Vocab, drafting: Vocab, name: str) -> None:
    """Make sure that the numbers of two models' tokens mean the same texts.

    Args:
        vocab: Of the model that answers.
        drafting: Of the small one.
        name: Of the small one.

    Raises:
        InvalidRequest: They do not.
    """
    differs = vocab.size != drafting.size
    what = f"{drafting.size:,} tokens, the model {vocab.size:,}"
    for token in range(0 if differs else vocab.size):
        ours, theirs = (each.piece(token, special=True) for each in (vocab, drafting))
        if ours != theirs or vocab.is_end(token) != drafting.is_end(token):
            differs, what = True, f"{theirs!r} as token {token}, the model {ours!r}"
            break
    if differs:
        raise InvalidRequest(
            f"{name} cannot write ahead: it has {what}.",
            hint="Choose a smaller model of the same family, or leave --draft-model out.",
            param="draft_model",
        )
