"""The stack machine that a pickle is a program for, in an inert form.

Two of its instructions call any function that the pickle names; loading a pickle is running it.
Here what would be a call becomes a note that it would be made (`Call`), and a name stays a name
(`Name`). Nothing is imported, nothing is called, and no key of a stranger's is hashed. Source of
the machine: the comments of CPython's `pickletools.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_MARK = object()


@dataclass(frozen=True, slots=True)
class Name:
    """Something that the pickle would import."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call that loading would make."""

    function: object
    arguments: object


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Something outside the pickle; PyTorch refers to the bytes of a tensor in this way."""

    id: object


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """A dictionary as the pairs that were put into it: keys from strangers are not hashed."""

    items: list[tuple[object, object]] = field(default_factory=list)


class PickleMachine:
    """The stack, and what each instruction would do to it.

    Attributes:
        names: Everything that the pickle would import, so far.
        result: What it would return, once it has.
    """

    def __init__(self) -> None:
        self.names: set[Name] = set()
        self.result: object = None
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def step(self, operation: str, argument: object) -> None:
        """Follow one instruction.

        Raises:
            IndexError: The stack is too short.
            KeyError: Nothing was remembered at this place.
            ValueError: A dictionary lacks a value.
            TypeError: The instruction's argument is of the wrong kind.
        """
        if operation in _LITERALS:
            self._stack.append(_CONSTANTS.get(operation, argument))
        elif (handler := _HANDLERS.get(operation)) is not None:
            handler(self, argument)
        elif operation not in _IGNORED:
            # Extension codes and buffers stand for objects that only the loading program knows.
            self._import("(registered)", operation)

    def _stop(self, _: object) -> None:
        self.result = self._stack.pop()

    def _mark(self, _: object) -> None:
        self._stack.append(_MARK)

    def _pop(self, _: object) -> None:
        self._stack.pop()

    def _pop_mark(self, _: object) -> None:
        self._since_mark()

    def _duplicate(self, _: object) -> None:
        self._stack.append(self._stack[-1])

    def _put(self, argument: object) -> None:
        self._memo[_index(argument)] = self._stack[-1]

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, argument: object) -> None:
        self._stack.append(self._memo[_index(argument)])

    def _new_list(self, _: object) -> None:
        self._stack.append([])

    def _new_pairs(self, _: object) -> None:
        self._stack.append(Pairs())

    def _marked_tuple(self, _: object) -> None:
        self._stack.append(tuple(self._since_mark()))

    def _marked_list(self, _: object) -> None:
        self._stack.append(self._since_mark())

    def _marked_pairs(self, _: object) -> None:
        self._stack.append(Pairs(_paired(self._since_mark())))

    def _append(self, _: object) -> None:
        self._extend([self._stack.pop()])

    def _appends(self, _: object) -> None:
        self._extend(self._since_mark())

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([(key, value)])

    def _set_items(self, _: object) -> None:
        self._fill(_paired(self._since_mark()))

    def _global_name(self, argument: object) -> None:
        module, _, name = str(argument).partition(" ")
        self._import(module, name)

    def _stack_global(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        are_texts = isinstance(name, str) and isinstance(module, str)
        self._import(module if are_texts else "(hidden)", name if are_texts else "(hidden)")

    def _instance(self, argument: object) -> None:
        arguments = self._since_mark()
        self._global_name(argument)
        self._stack.append(Call(self._stack.pop(), arguments))

    def _marked_object(self, _: object) -> None:
        arguments = self._since_mark()
        self._stack.append(Call(arguments[0], arguments[1:]))

    def _call(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        # The one call that is followed: it makes the dictionary that most checkpoints are.
        is_pairs = function == _ORDERED_DICT
        self._stack.append(Pairs() if is_pairs else Call(function, arguments))

    def _call_with_keywords(self, _: object) -> None:
        self._stack.pop()
        self._call(None)

    def _build(self, _: object) -> None:
        state = self._stack.pop()
        if isinstance(target := self._stack[-1], Call):
            self._stack[-1] = Call(target.function, (target.arguments, state))

    def _persistent(self, argument: object) -> None:
        self._stack.append(Reference(argument))

    def _stacked_persistent(self, _: object) -> None:
        self._stack.append(Reference(self._stack.pop()))

    def _tuple_of(self, count: int) -> None:
        items = self._stack[-count:]
        if len(items) < count:
            raise IndexError("the stack is too short")
        del self._stack[-count:]
        self._stack.append(tuple(items))

    def _import(self, module: object, name: object) -> None:
        found = Name(str(module)[:200], str(name)[:200])
        self.names.add(found)
        self._stack.append(found)

    def _since_mark(self) -> list[object]:
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError("there is no mark")
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def _extend(self, items: list[object]) -> None:
        if isinstance(target := self._stack[-1], list):
            target.extend(items)

    def _fill(self, items: list[tuple[object, object]]) -> None:
        if isinstance(target := self._stack[-1], Pairs):
            target.items.extend(items)


def _index(argument: object) -> int:
    if not isinstance(argument, int):
        raise TypeError("a place in the memory is a number")
    return argument


def _paired(items: list[object]) -> list[tuple[object, object]]:
    return list(zip(items[::2], items[1::2], strict=True))


_ORDERED_DICT = Name("collections", "OrderedDict")
_CONSTANTS: Mapping[str, object] = MappingProxyType(
    {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
)
_LITERALS = frozenset(_CONSTANTS) | {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "BYTEARRAY8"),
}
_IGNORED = frozenset({"PROTO", "FRAME"})
_HANDLERS: Mapping[str, Callable[[PickleMachine, object], None]] = MappingProxyType(
    {
        "STOP": PickleMachine._stop,
        "MARK": PickleMachine._mark,
        "POP": PickleMachine._pop,
        "POP_MARK": PickleMachine._pop_mark,
        "DUP": PickleMachine._duplicate,
        **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), PickleMachine._put),
        **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), PickleMachine._get),
        "MEMOIZE": PickleMachine._memoize,
        **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), PickleMachine._new_list),
        "EMPTY_DICT": PickleMachine._new_pairs,
        "TUPLE": PickleMachine._marked_tuple,
        "TUPLE1": lambda machine, _: machine._tuple_of(1),
        "TUPLE2": lambda machine, _: machine._tuple_of(2),
        "TUPLE3": lambda machine, _: machine._tuple_of(3),
        **dict.fromkeys(("LIST", "FROZENSET"), PickleMachine._marked_list),
        "DICT": PickleMachine._marked_pairs,
        "APPEND": PickleMachine._append,
        **dict.fromkeys(("APPENDS", "ADDITEMS"), PickleMachine._appends),
        "SETITEM": PickleMachine._set_item,
        "SETITEMS": PickleMachine._set_items,
        "GLOBAL": PickleMachine._global_name,
        "STACK_GLOBAL": PickleMachine._stack_global,
        "INST": PickleMachine._instance,
        "OBJ": PickleMachine._marked_object,
        **dict.fromkeys(("REDUCE", "NEWOBJ"), PickleMachine._call),
        "NEWOBJ_EX": PickleMachine._call_with_keywords,
        "BUILD": PickleMachine._build,
        "PERSID": PickleMachine._persistent,
        "BINPERSID": PickleMachine._stacked_persistent,
    }
)
