"""Compress with a model's probabilities, and undo it.

    the file -> chunks -> tokens -> intervals by the model's probabilities -> one long number

A codec is bound to a loaded model. What it makes can be undone by the same bytes of the model, the
same build of the engine, the same settings and the same kind of machine; anything else is refused.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearth.engine.scoring import Scorer
from hearth.errors import EngineError, InvalidRequest
from hearth.measure.zip.chunks import (
    Chunk,
    Method,
    as_text,
    cut,
    pack_plain,
    unpack_plain,
)
from hearth.measure.zip.coder import Decoder, Encoder
from hearth.measure.zip.container import Container, Header, header_for
from hearth.measure.zip.frequencies import bounds_of, token_at
from hearth.measure.zip.lanes import walk

BYTES_PER_TOKEN = 3  # of a first cut; chunks with more tokens than fit are cut again
PROBE_STEPS = 4
PROBE_STRIDE = 7919  # between the tokens of the probe: spread over the vocabulary

Report = Callable[[int, int, str], None]


class Codec:
    """Compresses and decompresses with one loaded model.

    Args:
        scorer: The model, loaded with lanes.
        digest: SHA-256 of the model's bytes.
    """

    def __init__(self, scorer: Scorer, digest: str) -> None:
        self._scorer = scorer
        self._num_lanes = int(scorer.settings["lanes"])
        self._identity = {
            "digest": digest,
            "engine": scorer.engine,
            "numpy": np.__version__,
            "settings": scorer.settings,
            "probe": self._probe(),
        }

    def compress(self, data: bytes, report: Report = lambda done, total, doing: None) -> Container:
        """Compress bytes, and undo it to see that they come back.

        Args:
            data: Any bytes; what is no text is compressed without the model.
            report: Told tokens done, tokens in all, and what goes on.

        Raises:
            EngineError: They did not come back: this machine does not compute the same twice.
        """
        pieces: list[tuple[bytes, list[int]]] = []
        for piece in cut(data, BYTES_PER_TOKEN * self._scorer.context):
            pieces += self._tokenized(piece)
        chunks = self._coded(pieces, report)
        header = header_for(self._scorer.name, self._identity, self._num_lanes, chunks)
        made = Container(header=header, chunks=chunks)
        try:
            came_back = self.decompress(made, report, doing="Verifying")
        except InvalidRequest as error:
            raise _not_repeatable() from error
        if came_back != data:
            raise _not_repeatable()
        return made

    def decompress(
        self,
        container: Container,
        report: Report = lambda done, total, doing: None,
        *,
        doing: str = "Decompressing",
    ) -> bytes:
        """Return the bytes that were compressed.

        Raises:
            InvalidRequest: Something else made the file, or it is damaged.
        """
        self.check(container.header)
        by_model = [chunk for chunk in container.chunks if chunk.method is Method.MODEL]
        decoded = iter(self._decode(by_model, report, doing))
        return b"".join(
            chunk.check(next(decoded)) if chunk.method is Method.MODEL else unpack_plain(chunk)
            for chunk in container.chunks
        )

    def check(self, header: Header) -> None:
        """Refuse a file that something else made.

        Raises:
            InvalidRequest: It says what differs.
        """
        for name, words in _DIFFERENCES.items():
            made, here = getattr(header, name), self._identity[name]
            if made != here:
                raise InvalidRequest(
                    f"The file was compressed {words}: {_shown(made, here)}. Decompressing with "
                    "anything but what compressed it would give garbage.",
                    hint=f"It was made with the model {header.model}; use that model, this build "
                    "of the engine and the machine that it was made on.",
                )

    # -- below the surface --

    def _tokenized(self, piece: bytes) -> list[tuple[bytes, list[int]]]:
        """Return stretches with their tokens; with none where tokens do not give the bytes back."""
        text = as_text(piece)
        tokens = self._scorer.tokenize(text) if text is not None else []
        if len(tokens) > self._scorer.context:
            return [
                each for half in cut(piece, -(-len(piece) // 2)) for each in self._tokenized(half)
            ]
        if not tokens or len(tokens) > len(piece):
            return [(piece, [])]
        is_whole = b"".join(self._scorer.pieces(tokens)) == piece
        return [(piece, tokens if is_whole else [])]

    def _coded(
        self, pieces: Sequence[tuple[bytes, list[int]]], report: Report
    ) -> tuple[Chunk, ...]:
        """Code each stretch in the way that is smallest."""
        plain = [pack_plain(piece) for piece, _ in pieces]
        wanted = [place for place, (_, tokens) in enumerate(pieces) if tokens]
        coded = self._by_model(pieces, wanted, report)
        kept = [place for place in wanted if len(coded[place].payload) < len(plain[place].payload)]
        if kept != wanted:  # fewer of them make other groups, and so other bits
            coded = self._by_model(pieces, kept, report)
        return tuple(coded.get(place, chunk) for place, chunk in enumerate(plain))

    def _by_model(
        self,
        pieces: Sequence[tuple[bytes, list[int]]],
        places: Sequence[int],
        report: Report,
    ) -> dict[int, Chunk]:
        payloads = self._encode([pieces[place][1] for place in places], report)
        return {
            place: Chunk(
                method=Method.MODEL,
                num_bytes=len(pieces[place][0]),
                num_tokens=len(pieces[place][1]),
                checksum=zlib.crc32(pieces[place][0]),
                payload=payload,
            )
            for place, payload in zip(places, payloads, strict=True)
        }

    def _encode(self, chunks: Sequence[Sequence[int]], report: Report) -> list[bytes]:
        encoders = [Encoder() for _ in chunks]
        remaining = [iter(tokens) for tokens in chunks]

        def visit(chunk: int, logits: NDArray[np.float32]) -> int:
            token, bounds = next(remaining[chunk]), bounds_of(logits)
            begin, end = int(bounds[token]), int(bounds[token + 1])
            encoders[chunk].add(begin, end - begin, int(bounds[-1]))
            return token

        lengths = [len(tokens) for tokens in chunks]
        walk(
            self._scorer, lengths, self._num_lanes, visit, _counted(lengths, report, "Compressing")
        )
        return [encoder.finish() for encoder in encoders]

    def _decode(self, chunks: Sequence[Chunk], report: Report, doing: str) -> list[bytes]:
        decoders = [Decoder(chunk.payload) for chunk in chunks]
        tokens: list[list[int]] = [[] for _ in chunks]

        def visit(chunk: int, logits: NDArray[np.float32]) -> int:
            bounds = bounds_of(logits)
            token = token_at(bounds, decoders[chunk].target(int(bounds[-1])))
            begin = int(bounds[token])
            decoders[chunk].take(begin, int(bounds[token + 1]) - begin)
            tokens[chunk].append(token)
            return token

        lengths = [chunk.num_tokens for chunk in chunks]
        walk(self._scorer, lengths, self._num_lanes, visit, _counted(lengths, report, doing))
        return [b"".join(self._scorer.pieces(each)) for each in tokens]

    def _probe(self) -> str:
        """Return a digest of the intervals that this model, here, gives a few fixed tokens."""
        digest = hashlib.sha256()
        lanes = self._scorer.lanes(self._num_lanes, PROBE_STEPS)
        for step in range(PROBE_STEPS):
            live = range(self._num_lanes if step < PROBE_STEPS // 2 else 1)  # also one lane alone
            tokens = {
                lane: (step + PROBE_STRIDE * (lane + 1)) % self._scorer.vocab_size for lane in live
            }
            for row in lanes.step(tokens):
                digest.update(bounds_of(row).tobytes())
        return digest.hexdigest()


_DIFFERENCES = {
    "digest": "with another model",
    "engine": "by another build of the engine",
    "numpy": "with another version of NumPy",
    "settings": "with other settings",
    "probe": "on a machine that computes otherwise",
}


def _shown(made: Any, here: Any) -> str:
    if isinstance(made, dict) and isinstance(here, dict):
        names = [name for name in sorted({*made, *here}) if made.get(name) != here.get(name)]
        return ", ".join(f"{name} {made.get(name)} and not {here.get(name)}" for name in names)
    return f"{_short(made)} and not {_short(here)}"


def _short(value: str) -> str:
    return value[:12] if len(value) == hashlib.sha256().digest_size * 2 else value


def _counted(lengths: Sequence[int], report: Report, doing: str) -> Callable[[int], None]:
    done, total = 0, sum(lengths)

    def count(num_tokens: int) -> None:
        nonlocal done
        done += num_tokens
        report(done, total, doing)

    return count


def _not_repeatable() -> EngineError:
    return EngineError(
        "What was compressed did not come back: this machine does not compute the same twice.",
        hint="Nothing was written. Try --threads 1; a GPU may never repeat itself exactly.",
    )
