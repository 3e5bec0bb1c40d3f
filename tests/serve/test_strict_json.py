"""The bad-input catalogue's rows about JSON itself (Q1 to Q4)."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from hearth.errors import InvalidRequest, UnsupportedField
from hearth.serve.schema import STRICT
from hearth.serve.strict_json import MAX_DEPTH, check_json, printable, validate


class Body(BaseModel):
    model_config = STRICT

    number: float | None = None
    count: int | None = None
    text: str | None = None


BODY = TypeAdapter(Body)

BAD_DOCUMENTS = {
    "Q1 empty": b"",
    "Q1 no JSON": b"model=starter",
    "Q1 trailing garbage": b"{} {}",
    "Q1 byte order mark": b"\xef\xbb\xbf{}",
    "Q1 UTF-16": '{"text":"a"}'.encode("utf-16"),
    "Q1 compressed": gzip.compress(b"{}"),
    "Q1 same key twice": b'{"text":"a","text":"b"}',
    "Q2 NaN": b'{"number":NaN}',
    "Q2 Infinity": b'{"number":-Infinity}',
    "Q2 overflow": b'{"number":1e999}',
    "Q2 text as number": b'{"number":"0.7"}',
    "Q2 true as number": b'{"number":true}',
    "Q2 true as integer": b'{"count":true}',
    "Q2 fraction as integer": b'{"count":1.5}',
    "Q3 deep lists": b"[" * 100_000 + b"]" * 100_000,
    "Q3 deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "Q3 million digits": b'{"count":' + b"9" * 1_000_000 + b"}",
    "Q3 million decimals": b'{"number":0.' + b"9" * 1_000_000 + b"}",
    "Q3 million values": b'{"text":[' + b"0," * 1_000_000 + b"0]}",
    "Q4 lone surrogate": rb'{"text":"\ud800"}',
    "Q4 lone surrogate as a key": rb'{"\udfff":1}',
    "Q4 invalid UTF-8": b'{"text":"\xff\xfe"}',
    "quotes without end": b'{"text":"' + b'\\"' * 1_000_000,
}


@pytest.mark.parametrize("document", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS.keys())
def test_bad_document_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate(document, BODY)
    caught.value.message.encode()  # may be shown anywhere
    assert len(caught.value.message) < 300


def test_field_at_fault_is_named() -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate(b'{"number":"x"}', BODY)
    assert caught.value.param == "number"
    with pytest.raises(UnsupportedField) as unknown:
        validate(b'{"tools":[]}', BODY)
    assert unknown.value.param == "tools"


def test_negative_zero_and_null_character_are_values() -> None:
    assert validate(b'{"number":-0.0}', BODY).number == 0.0
    assert validate(rb'{"text":"a\u0000b"}', BODY).text == "a\0b"


def test_allowed_depth_is_read() -> None:
    check_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(InvalidRequest, match="deeper"):
        check_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_brackets_in_text_are_not_depth() -> None:
    check_json(json.dumps({"text": '[{"' * 500 + "\\"}).encode())


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(0, 9), st.lists))
@settings(max_examples=30)
def test_any_shallow_json_is_read(value: object) -> None:
    check_json(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_and_never_crash(document: bytes) -> None:
    try:
        check_json(document)
    except InvalidRequest as error:
        error.message.encode()


def test_printable_escapes_what_terminals_obey() -> None:
    assert printable("a\n\x1b[2J\ud800b") == "a\\n\\x1b[2J\\ud800b"
    assert len(printable("x" * 1000)) < 100
