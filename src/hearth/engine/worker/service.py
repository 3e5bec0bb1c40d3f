"""A worker's two threads: one computes, one listens.

The main thread steps the scheduler while there is work. The intake thread reads the pipe and
answers at once what needs no computation (tokens, signs of life), so that a long step never makes
the worker look dead. When the pipe ends, so does the worker. Blocks of the prefix cache go their
own way (`hearth.engine.worker.prefix_link`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import BinaryIO

from hearth.engine import confine
from hearth.engine import messages as wire
from hearth.engine.frames import read_frame
from hearth.engine.prefixes.access import Access
from hearth.engine.worker.loading import Loaded
from hearth.engine.worker.outbox import Outbox
from hearth.engine.worker.prefix_link import PrefixLink
from hearth.engine.worker.prefixes import Prefixes
from hearth.engine.worker.sequences import Sequence
from hearth.engine.worker.text import TextStream
from hearth.errors import EngineError, HearthError, InvalidRequest, QueueFull

IDLE_POLL_S = 0.5


class Service:
    """Serves one loaded model over a pair of pipes.

    Args:
        loaded: The model with its scheduler.
        source: Frames from the parent.
        outbox: Where frames to the parent go.
        blocks: Where blocks of the prefix cache come from and go to; None keeps none on disk.
    """

    def __init__(
        self,
        loaded: Loaded,
        source: BinaryIO,
        outbox: Outbox,
        blocks: tuple[BinaryIO, BinaryIO] | None = None,
    ) -> None:
        self._loaded = loaded
        self._source = source
        self._outbox = outbox
        self._inbox: deque[wire.Submit | wire.Abort] = deque()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._exit_status = 1  # until the intake has ended as it should
        self._in_step: frozenset[int] = frozenset()
        self._step_began_s = 0.0
        self._steps = 0
        self._link = PrefixLink(*blocks, wake=self._wake.set) if blocks else None
        self._prefixes = Prefixes(self._link, loaded.scheduler.cache) if self._link else None

    def run(self) -> int:
        """Serve until the parent says stop or goes away; return the exit status."""
        threading.Thread(target=self._take_in, name="intake", daemon=True).start()
        if self._link is not None:
            self._link.start()
        scheduler = self._loaded.scheduler
        while not self._stopping.is_set():
            self._loaded.context.set_abort(False)
            self._handle_inbox()
            if scheduler.is_idle:
                self._outbox.flush()
                if scheduler.tidy() or (self._prefixes is not None and self._prefixes.save()):
                    continue
                self._wake.wait(IDLE_POLL_S)
                self._wake.clear()
                continue
            self._step()
        self._outbox.flush()
        if self._prefixes is not None:
            self._prefixes.finish()
        return self._exit_status

    # -- main thread --

    def _step(self) -> None:
        scheduler = self._loaded.scheduler
        self._in_step = scheduler.running_ids()
        self._step_began_s = time.monotonic()
        events = scheduler.step()
        self._step_began_s = 0.0
        self._in_step = frozenset()
        self._steps += 1
        self._outbox.add(events)

    def _handle_inbox(self) -> None:
        while self._inbox:
            message = self._inbox.popleft()
            if isinstance(message, wire.Abort):
                if self._abort(message.request_id):
                    self._outbox.end(wire.Aborted(message.request_id))
                continue
            try:
                self._begin(self._sequence(message))
            except HearthError as error:
                self._outbox.end(wire.Failed(message.request_id, error.as_data()))
        for sequence in self._prefixes.ready() if self._prefixes is not None else ():
            self._submit(sequence)

    def _begin(self, sequence: Sequence) -> None:
        """Queue a request, or let it wait for its blocks first."""
        if self._prefixes is not None and self._prefixes.wants(sequence):
            self._prefixes.add(sequence)
        else:
            self._submit(sequence)

    def _submit(self, sequence: Sequence) -> None:
        try:
            self._loaded.scheduler.submit(sequence)
        except QueueFull as error:
            sequence.sampler.close()
            self._outbox.end(wire.Failed(sequence.request_id, error.as_data()))

    def _abort(self, request_id: int) -> bool:
        if self._loaded.scheduler.abort(request_id):
            return True
        return self._prefixes is not None and self._prefixes.drop(request_id)

    def _sequence(self, message: wire.Submit) -> Sequence:
        vocab, limit = self._loaded.model.vocab, self._loaded.context_tokens
        vocab.check_ids(message.tokens)
        if not 1 <= len(message.tokens) < limit:
            raise InvalidRequest(
                f"The prompt has {len(message.tokens)} tokens; 1 to {limit - 1} are possible here.",
                param="prompt",
            )
        sampler = self._loaded.sampler(message.sampling)
        sampler.see_prompt(message.tokens)
        wanted = limit if message.max_tokens is None else message.max_tokens
        return Sequence(
            request_id=message.request_id,
            owner=message.owner,
            tokens=list(message.tokens),
            num_prompt=len(message.tokens),
            max_length=min(len(message.tokens) + wanted, limit),
            sampler=sampler,
            text=TextStream(tuple(message.stop)),
            top_logprobs=message.top_logprobs,
            reproducible=message.sampling.seed is not None,
            access=Access(
                owner=message.owner,
                shared=message.shared,
                cached=message.cache and self._loaded.reuse,
            ),
            ignore_eos=message.ignore_eos,
        )

    # -- intake thread --

    def _take_in(self) -> None:
        try:
            self._read_messages()
            self._exit_status = 0
        finally:  # also when a frame is broken: better no worker than a deaf one
            self._stopping.set()
            self._loaded.context.set_abort(True)
            self._wake.set()

    def _read_messages(self) -> None:
        decoder = wire.to_worker_decoder()
        while (body := read_frame(self._source)) is not None:
            message = decoder.decode(body)
            if isinstance(message, wire.Stop):
                return
            if isinstance(message, wire.Submit | wire.Abort):
                self._take_request(message)
            else:
                self._answer(message)

    def _take_request(self, message: wire.Submit | wire.Abort) -> None:
        self._inbox.append(message)
        if isinstance(message, wire.Abort) and self._may_interrupt(message.request_id):
            self._loaded.context.set_abort(True)
        self._wake.set()

    def _may_interrupt(self, request_id: int) -> bool:
        """A running step may be cut short if it serves nobody else and can be undone."""
        return self._in_step == {request_id} and self._loaded.model.can_trim

    def _answer(self, message: wire.ToWorker) -> None:
        try:
            if isinstance(message, wire.Tokenize):
                self._outbox.send(self._tokenize(message))
            elif isinstance(message, wire.Detokenize):
                text = self._loaded.model.vocab.detokenize(message.tokens)
                self._outbox.send(wire.Answer(message.call_id, text=text))
            elif isinstance(message, wire.Ping):
                self._outbox.send(wire.Answer(message.call_id, figures=self._figures()))
            elif isinstance(message, wire.Prove):
                self._outbox.send(wire.Answer(message.call_id, proof=confine.prove()))
            else:
                raise EngineError(f"{type(message).__name__} is not expected after loading.")
        except HearthError as error:
            call_id = getattr(message, "call_id", 0)
            self._outbox.send(wire.Failed(call_id, error.as_data()))

    def _tokenize(self, message: wire.Tokenize) -> wire.Answer:
        vocab, ids = self._loaded.model.vocab, []
        for index, part in enumerate(message.parts):
            ids += vocab.tokenize(
                part.text,
                add_special=message.add_special and index == 0,
                parse_special=part.parse_special,
                follows=index > 0,
            )
        tokens = vocab.describe(ids) if message.describe else None
        return wire.Answer(message.call_id, token_ids=ids, tokens=tokens)

    def _figures(self) -> wire.Figures:
        scheduler, began_s = self._loaded.scheduler, self._step_began_s
        waiting = self._prefixes.num_waiting if self._prefixes is not None else 0
        return wire.Figures(
            running=scheduler.num_running,
            waiting=scheduler.num_waiting + len(self._inbox) + waiting,
            cells_used=scheduler.cache.cells_used,
            steps=self._steps,
            step_age_s=time.monotonic() - began_s if began_s else 0.0,
            tokens_per_s=self._outbox.tokens_per_s(),
            prompt_tokens_computed=scheduler.prompt_tokens_computed,
            generated_tokens=self._outbox.generated_tokens,
        )
