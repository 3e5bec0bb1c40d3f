"""Arithmetic coding: a list of choices becomes a number that is as long as they are surprising.

A range coder with 64-bit integers and carry propagation. Each choice is told as an interval of
whole numbers, `begin` to `begin + size` of `total`; encoder and decoder narrow the same range by
it. The decoder never reads beyond its bytes: what is missing counts as zero, as the encoder left it
out. Source: Martin, "Range encoding: an algorithm for removing redundancy from a digitised
message" (1979); the carry as in the coder of LZMA.
"""

from __future__ import annotations

from hearth.errors import InvalidRequest

TOP_BITS = 64
MASK = (1 << TOP_BITS) - 1
LEAST_RANGE = 1 << 48  # below it, a byte is put out
MAX_TOTAL = 1 << 32  # leaves 16 bits, so that rounding costs next to nothing


class Encoder:
    """Makes bytes of choices."""

    def __init__(self) -> None:
        self._low = 0
        self._range = MASK
        self._bytes = bytearray()

    def add(self, begin: int, size: int, total: int) -> None:
        """Encode a choice.

        Args:
            begin: Where its interval begins.
            size: How long it is, at least 1.
            total: Length of all intervals together.
        """
        unit = self._range // total
        self._low += unit * begin
        self._range = unit * size
        if self._low > MASK:
            self._carry()
            self._low &= MASK
        while self._range < LEAST_RANGE:
            self._put_out()
            self._range <<= 8

    def finish(self) -> bytes:
        """Return the bytes; nothing can be added afterwards."""
        # The number with the most zeros at its end that still lies in the range: they are left out.
        for bits in range(TOP_BITS, -1, -8):
            rounded = -(-self._low >> bits) << bits
            if rounded < self._low + self._range:
                break
        self._low = rounded
        if self._low > MASK:
            self._carry()
            self._low &= MASK
        for _ in range(TOP_BITS // 8):
            self._put_out()
        return bytes(self._bytes).rstrip(b"\0")

    def _put_out(self) -> None:
        self._bytes.append(self._low >> (TOP_BITS - 8))
        self._low = (self._low << 8) & MASK

    def _carry(self) -> None:
        place = len(self._bytes) - 1
        while self._bytes[place] == 0xFF:
            self._bytes[place] = 0
            place -= 1
        self._bytes[place] += 1


class Decoder:
    """Reads choices back.

    Args:
        payload: What the encoder made.
    """

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._place = TOP_BITS // 8
        self._code = int.from_bytes(payload[: self._place].ljust(self._place, b"\0"), "big")
        self._range = MASK
        self._unit = 0

    def target(self, total: int) -> int:
        """Return a number in the interval of the next choice, 0 to `total` - 1.

        Raises:
            InvalidRequest: The bytes were not made by this encoder.
        """
        self._unit = self._range // total
        target = self._code // self._unit
        if target >= total:
            raise InvalidRequest("The compressed data are damaged.")
        return target

    def take(self, begin: int, size: int) -> None:
        """Go on behind a choice whose interval held the target."""
        self._code -= self._unit * begin
        self._range = self._unit * size
        while self._range < LEAST_RANGE:
            byte = self._payload[self._place] if self._place < len(self._payload) else 0
            self._code = (self._code << 8) | byte
            self._range <<= 8
            self._place += 1
