"""The ledger of cells: any order of changes leaves it whole, and damage is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hearth.engine.prefixes.access import common_prefix
from hearth.engine.worker.cells import CellLedger
from hearth.errors import EngineError


class LedgerMachine(RuleBasedStateMachine):
    """Compares the ledger with a model: a plain list of tokens per sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = CellLedger(64)
        self.texts: dict[int, list[int]] = {}
        self.next_id = 0

    @rule()
    def open(self) -> None:
        self.ledger.open(self.next_id)
        self.texts[self.next_id] = []
        self.next_id += 1

    @precondition(lambda self: self.texts)
    @rule(data=st.data(), tokens=st.lists(st.integers(0, 3), max_size=12))
    def append(self, data: st.DataObject, tokens: list[int]) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.texts)))
        if len(tokens) > self.ledger.free:
            with pytest.raises(EngineError):
                self.ledger.append(sequence, tokens)
            return
        self.ledger.append(sequence, tokens)
        self.texts[sequence] += tokens

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def share(self, data: st.DataObject) -> None:
        source = data.draw(st.sampled_from(sorted(self.texts)))
        length = data.draw(st.integers(0, len(self.texts[source])))
        self.open()
        target = self.next_id - 1
        free = self.ledger.free
        self.ledger.share(source, target, length)
        assert self.ledger.free == free
        self.texts[target] = self.texts[source][:length]

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def trim(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.texts)))
        length = data.draw(st.integers(0, len(self.texts[sequence])))
        self.ledger.trim(sequence, length)
        del self.texts[sequence][length:]

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from(sorted(self.texts)), min_size=1))
        promised, free = self.ledger.freed_by_closing(gone), self.ledger.free
        for sequence in gone:
            self.ledger.close(sequence)
            del self.texts[sequence]
        assert self.ledger.free == free + promised

    @invariant()
    def is_whole(self) -> None:
        self.ledger.check_integrity()
        for sequence, tokens in self.texts.items():
            assert list(self.ledger.tokens(sequence)) == tokens


LedgerMachine.TestCase.settings = settings(max_examples=60, deadline=None)
TestLedger = LedgerMachine.TestCase


def test_damage_is_noticed() -> None:
    ledger = CellLedger(8)
    ledger.open(0)
    ledger.append(0, [5, 6])
    ledger._owners[ledger._cells[0][0]] = 2
    with pytest.raises(EngineError, match="owners"):
        ledger.check_integrity()


def test_one_cell_for_two_texts_is_noticed() -> None:
    ledger = CellLedger(8)
    for sequence in (0, 1):
        ledger.open(sequence)
        ledger.append(sequence, [sequence])
    ledger._cells[1] = list(ledger._cells[0])
    with pytest.raises(EngineError, match="stands for"):
        ledger.check_integrity()


@given(st.lists(st.integers(0, 1), max_size=30), st.lists(st.integers(0, 1), max_size=30))
def test_common_prefix(left: list[int], right: list[int]) -> None:
    expected = 0
    while expected < min(len(left), len(right)) and left[expected] == right[expected]:
        expected += 1
    assert common_prefix(left, right) == expected
