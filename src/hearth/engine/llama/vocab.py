"""Text to tokens and back, by the model's own vocabulary."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from hearth.core import Token
from hearth.engine.llama.library import library
from hearth.errors import InvalidRequest

MAX_PIECE_BYTES = 512
NONE, SPM, UGM = 0, 1, 4  # llama_vocab_type: none at all, and SentencePiece's two kinds
UNKNOWN, CONTROL = 1, 8  # llama_token_attr: parsed only when asked for


class Vocab:
    """The vocabulary of a loaded model. Safe to use from several threads: it never changes.

    A model may come without one ("no_vocab"): its tokens are ids with no text, and are never asked
    about, because llama.cpp would end the process.
    """

    def __init__(self, model_pointer: int) -> None:
        self._lib = library()
        self.pointer = self._lib.llama_model_get_vocab(model_pointer)
        self.size = int(self._lib.llama_vocab_n_tokens(self.pointer))
        kind = self._lib.llama_vocab_type(self.pointer)
        self._has_texts = kind != NONE
        self.bos_id = int(self._lib.llama_vocab_bos(self.pointer))  # -1: there is none
        self.eos_id = int(self._lib.llama_vocab_eos(self.pointer))
        self.adds_bos = bool(self._lib.llama_vocab_get_add_bos(self.pointer))
        self.bos, self.eos = self._text_of(self.bos_id), self._text_of(self.eos_id)
        self._puts_space_first = kind in (SPM, UGM)
        self._pieces: dict[int, bytes] = {}

    def tokenize(
        self, text: str, *, add_special: bool, parse_special: bool, follows: bool = False
    ) -> list[int]:
        """Split text into token ids.

        Args:
            text: Any valid Unicode; its size is bounded by the caller.
            add_special: Add what the model wants at the start (and end), such as BOS.
            parse_special: Let spellings of control tokens become those tokens.
            follows: The text goes on from text that was tokenized before.

        Raises:
            InvalidRequest: The model has no vocabulary.
        """
        if not self._has_texts:
            raise InvalidRequest("This model has no vocabulary: it takes token ids, and no text.")
        if not follows or not self._puts_space_first:
            return self._tokenize(text, add_special, parse_special)
        # SentencePiece puts a space before every text. Behind a line feed it does so once, there,
        # and the line feed's tokens can be taken off again; as transformers does it.
        mark = self._tokenize("\n", False, False)
        tokens = self._tokenize("\n" + text, add_special, parse_special)
        return tokens[len(mark) :] if tokens[: len(mark)] == mark else tokens

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """Return the bytes of one token; control tokens are empty unless `special`."""
        if special:
            return self._read_piece(token, special=True)
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token, special=False)
        return known

    def detokenize(self, tokens: Sequence[int]) -> str:
        """Join token ids to text, control tokens written out.

        Raises:
            InvalidRequest: An id is not in the vocabulary.
        """
        self.check_ids(tokens)
        return b"".join(self.piece(t, special=True) for t in tokens).decode("utf-8", "replace")

    def describe(self, tokens: Sequence[int]) -> list[Token]:
        """Return each token with the text it stands for, to show token borders."""
        return [
            Token(
                id=token,
                text=self.piece(token, special=True).decode("utf-8", "replace"),
                special=self.is_control(token),
            )
            for token in tokens
        ]

    def check_ids(self, tokens: Sequence[int]) -> None:
        """Refuse ids that are not in the vocabulary: native code does not check them."""
        for token in tokens:
            if not 0 <= token < self.size:
                raise InvalidRequest(
                    f"Token id {token} is not in the vocabulary; ids go from 0 to {self.size - 1}.",
                    param="tokens",
                )

    def is_end(self, token: int) -> bool:
        """Tell whether the model says with this token that it is done."""
        return self._has_texts and bool(self._lib.llama_vocab_is_eog(self.pointer, token))

    def is_control(self, token: int) -> bool:
        """Tell whether this token is markup rather than text."""
        return self._has_texts and bool(self._lib.llama_vocab_is_control(self.pointer, token))

    def special_spellings(self) -> tuple[str, ...]:
        """Return how the tokens are written that text becomes only when asked for."""
        if not self._has_texts:
            return ()
        marked = UNKNOWN | CONTROL
        attributes = self._lib.llama_vocab_get_attr
        spellings = {
            self._text_of(token)
            for token in range(self.size)
            if attributes(self.pointer, token) & marked
        }
        return tuple(sorted(spellings - {""}, key=lambda text: (-len(text), text)))

    def _tokenize(self, text: str, add_special: bool, parse_special: bool) -> list[int]:
        raw = text.encode()
        room = len(raw) + 8
        while True:
            tokens = (ctypes.c_int32 * room)()
            count = self._lib.llama_tokenize(
                self.pointer, raw, len(raw), tokens, room, add_special, parse_special
            )
            if count >= 0:
                return list(tokens[:count])
            room = -count

    def _read_piece(self, token: int, *, special: bool) -> bytes:
        if not self._has_texts:
            return b""
        size = MAX_PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = self._lib.llama_token_to_piece(self.pointer, token, buffer, size, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def _text_of(self, token: int) -> str:
        if not self._has_texts or not 0 <= token < self.size:
            return ""
        text: bytes = self._lib.llama_vocab_get_text(self.pointer, token) or b""
        return text.decode("utf-8", "replace")
