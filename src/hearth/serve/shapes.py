"""OpenAI's answers as bytes: whole completions, and the chunks of a stream.

A stream's chunk differs from the one before in its text alone, so everything around the text is
encoded once per choice and a token costs one JSON string and one join.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from hearth.core import Delta, Finished, Receipt, TokenTrace, Usage
from hearth.engine.wire import finite_logprob
from hearth.serve.choices import Collected

DONE = b"data: [DONE]\n\n"

encode = msgspec.json.Encoder().encode


class Shape:
    """The members that every answer to one request shares, and how its text is wrapped.

    Args:
        model: The model's name as the caller gave it.
        chat: Whether the answers are messages or plain text.
    """

    def __init__(self, model: str, *, chat: bool) -> None:
        self.chat = chat
        prefix = "chatcmpl" if chat else "cmpl"
        self.head = {
            "id": f"{prefix}-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": model,
        }

    def whole(self, answers: Sequence[Collected]) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        return {
            **self.head,
            "object": "chat.completion" if self.chat else "text_completion",
            "choices": [self._choice(index, answer) for index, answer in enumerate(answers)],
            "usage": usage_member([_end(answer).usage for answer in answers]),
        }

    def _choice(self, index: int, answer: Collected) -> dict[str, Any]:
        text: dict[str, Any]
        if self.chat:
            text = {"message": {"role": "assistant", "content": answer.text, "refusal": None}}
        else:
            text = {"text": answer.text}
        return {
            "index": index,
            **text,
            "logprobs": self.logprobs(answer.traces),
            "finish_reason": _end(answer).reason.value,
            "hearth": hearth_member(_end(answer), answer.receipt),
        }

    def logprobs(self, traces: Sequence[TokenTrace], offset: int = 0) -> dict[str, Any] | None:
        """Return the log-probabilities in the shape that this kind of answer has."""
        if not traces:
            return None
        return _chat_logprobs(traces) if self.chat else _text_logprobs(traces, offset)


class Chunks:
    """The chunks of one stream, as server-sent events.

    Args:
        shape: What the chunks are wrapped in.
        num_choices: Answers in this stream.
        include_usage: Whether a chunk of figures ends the stream; it makes all others say `null`.
    """

    def __init__(self, shape: Shape, num_choices: int, *, include_usage: bool) -> None:
        self._shape = shape
        kind = "chat.completion.chunk" if shape.chat else "text_completion"
        self._members = encode({**shape.head, "object": kind})[1:-1]
        self._usage = b',"usage":null' if include_usage else b""
        opening = b'"delta":{"content":' if shape.chat else b'"text":'
        self._close = b"}" if shape.chat else b""
        self._starts = [
            b'data: {%b,"choices":[{"index":%d,%b' % (self._members, index, opening)
            for index in range(num_choices)
        ]
        self._plain_end = self._close + self._rest(b"null", b"null")
        self._num_chars = [0] * num_choices

    def opening(self, index: int) -> bytes:
        """Return the first chunk of a choice, which says who speaks; plain text has none."""
        if not self._shape.chat:
            return b""
        delta = b'"delta":{"role":"assistant","content":""}'
        return self._chunk(index, delta, b"null", b"null")

    def delta(self, index: int, event: Delta) -> bytes:
        """Return the chunk for the next piece of a choice."""
        if not event.traces:
            return self._starts[index] + encode(event.text) + self._plain_end
        logprobs = encode(self._shape.logprobs(event.traces, self._num_chars[index]))
        self._num_chars[index] += len(event.text)
        end = self._close + self._rest(logprobs, b"null")
        return self._starts[index] + encode(event.text) + end

    def finish(self, index: int, event: Finished, receipt: Receipt | None) -> bytes:
        """Return the last chunk of a choice: why it ended, and Hearth's own figures."""
        empty = b'"delta":{}' if self._shape.chat else b'"text":""'
        reason = encode(event.reason.value)
        member = b',"hearth":' + encode(hearth_member(event, receipt))
        return self._chunk(index, empty, b"null", reason, member)

    def usage(self, usages: Sequence[Usage]) -> bytes:
        """Return the chunk of figures that a caller can ask for."""
        figures = encode(usage_member(usages))
        return b'data: {%b,"choices":[],"usage":%b}\n\n' % (self._members, figures)

    def _chunk(
        self, index: int, text: bytes, logprobs: bytes, reason: bytes, member: bytes = b""
    ) -> bytes:
        start = b'data: {%b,"choices":[{"index":%d,%b' % (self._members, index, text)
        return start + self._rest(logprobs, reason, member)

    def _rest(self, logprobs: bytes, reason: bytes, member: bytes = b"") -> bytes:
        tail = (logprobs, reason, member, self._usage)
        return b',"logprobs":%b,"finish_reason":%b%b}]%b}\n\n' % tail


def usage_member(usages: Sequence[Usage]) -> dict[str, Any]:
    """Return the tokens of all choices together."""
    prompt = sum(usage.prompt_tokens for usage in usages)
    completion = sum(usage.completion_tokens for usage in usages)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": sum(usage.cached_tokens for usage in usages)},
    }


def hearth_member(end: Finished, receipt: Receipt | None) -> dict[str, Any]:
    """Return what Hearth adds to a choice: the seconds spent, its tokens, and what was cut."""
    return {
        "timings": {**msgspec.to_builtins(end.timings), "first_token_s": end.timings.first_token_s},
        "usage": msgspec.to_builtins(end.usage),
        "stop_text": end.stop_text,
        "receipt": msgspec.to_builtins(receipt),
    }


def _end(answer: Collected) -> Finished:
    assert answer.finished is not None, "the engine ends every answer with Finished or an error"
    return answer.finished


def _chat_logprobs(traces: Sequence[TokenTrace]) -> dict[str, Any]:
    content = [
        {
            **_entry(trace.text, trace.logprob, trace.raw),
            "top_logprobs": [
                _entry(choice.text, choice.logprob, choice.text.encode())
                for choice in trace.alternatives
            ],
        }
        for trace in traces
    ]
    return {"content": content, "refusal": None}


def _entry(text: str, logprob: float, raw: bytes) -> dict[str, Any]:
    return {"token": text, "logprob": finite_logprob(logprob), "bytes": list(raw)}


def _text_logprobs(traces: Sequence[TokenTrace], offset: int) -> dict[str, Any]:
    offsets = []
    for trace in traces:
        offsets.append(offset)
        offset += len(trace.text)
    return {
        "tokens": [trace.text for trace in traces],
        "token_logprobs": [finite_logprob(trace.logprob) for trace in traces],
        "top_logprobs": [
            {choice.text: finite_logprob(choice.logprob) for choice in trace.alternatives}
            for trace in traces
        ],
        "text_offset": offsets,
    }
