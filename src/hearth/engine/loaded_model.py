"""One model in memory: its plan, its worker, its template, and who uses it.

When it is loaded, for how long and instead of whom is decided in `hearth.engine.pool`; how a
request becomes tokens, in `hearth.engine.prompts`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from hearth.core import (
    Delta,
    Finished,
    GenerateEvent,
    GenerateRequest,
    LoadOptions,
    ModelState,
    ModelStatus,
    Started,
)
from hearth.engine import messages as wire
from hearth.engine.confine.proof import Proof
from hearth.engine.ledger import Ledger, LoadFacts, ModelLedger, Traffic, cached_share
from hearth.engine.load_message import load_message
from hearth.engine.memory_taken import memory_notice, resident_bytes
from hearth.engine.prefixes.opening import OFF, PrefixCaches
from hearth.engine.process import WorkerProcess
from hearth.engine.prompts import Prompts
from hearth.engine.templates import TemplateRenderer
from hearth.errors import EngineError, EngineTimeout, HearthError
from hearth.models.gguf.info import ModelInfo
from hearth.models.library import ModelEntry
from hearth.models.library.in_use import Hold
from hearth.plan.load import LoadPlan

FIGURES_TIMEOUT_S = 20.0  # a machine may be very busy; a worker that hangs stays so


class LoadedModel:
    """A model with its worker process.

    Args:
        entry: Where the file lies.
        info: What its header says.
        plan: The settings it is loaded with.
        options: What the person asked for.
        caches: Opens its prefix cache.
        log_path: Log of the worker.
        on_exit: Called when the worker has ended, wanted or not.
    """

    def __init__(
        self,
        *,
        entry: ModelEntry,
        info: ModelInfo,
        plan: LoadPlan,
        options: LoadOptions,
        caches: PrefixCaches,
        log_path: Path,
        on_exit: Callable[[LoadedModel], None],
    ) -> None:
        self.entry = entry
        self.info = info
        self.plan = plan
        self.options = options
        self.state = ModelState.LOADING
        self.progress = 0.0
        self.users = 0
        self.last_used_s = time.monotonic()
        self.note_use_at_s = 0.0  # when the library shall be told next that it is used
        self.restarts = 0
        self._prefix_cache = caches.choose(options)
        self._keeper = caches.keeper(self._prefix_cache, entry, plan)
        self._shared_prompts = caches.shared_prompts
        self._worker = WorkerProcess(
            log_path,
            on_exit=lambda: on_exit(self),
            inherited=self._keeper.pipes.theirs if self._keeper else (),
        )
        self._hold: Hold | None = None
        self._ready: wire.Ready | None = None
        self._renderer: TemplateRenderer | None = None
        self._figures: wire.Figures | None = None
        self._proof: Proof | None = None
        self._prompts: Prompts | None = None
        self._warming: asyncio.Task[None] | None = None
        self._traffic = Traffic()
        self._ledger: ModelLedger | None = None

    @property
    def is_alive(self) -> bool:
        """True while the worker runs."""
        return self._worker.is_alive

    @property
    def context(self) -> int:
        """Longest sequence in tokens."""
        return self._ready.context if self._ready else self.plan.context.value

    @property
    def prompts(self) -> Prompts:
        """What makes prompts for this model; there once it is ready."""
        if self._prompts is None:
            raise EngineError(f"{self.entry.name} is not ready yet.")
        return self._prompts

    # -- life --

    async def start(
        self,
        *,
        timeout_s: float,
        queue_limit: int,
        confine: bool,
        on_progress: Callable[[], None],
        ledger: Ledger | None = None,
    ) -> None:
        """Load the model; see `WorkerProcess.start` for what can go wrong.

        Args:
            timeout_s: Seconds that it may take.
            queue_limit: Requests that may wait.
            confine: Whether the worker is shut off from files and network.
            on_progress: Called when more is loaded.
            ledger: Notes the load and, now and then, an answer.
        """

        def note(part: float) -> None:
            self.progress = part
            on_progress()

        # Whoever would remove the files is told.
        self._hold = Hold((*self.info.files, *map(Path, self.plan.draft_files)))
        cached = await asyncio.to_thread(cached_share, self.info.files) if ledger else None
        # A GPU's driver opens files and devices while it computes.
        confine = confine and not self.plan.gpu_layers.value
        if self._keeper is not None:
            self._keeper.prepare()
        load = load_message(
            self.plan,
            self.info,
            queue_limit=queue_limit,
            confine=confine,
            reuse=self._prefix_cache.value != OFF,
            prefix_pipes=self._keeper.pipes.theirs if self._keeper else None,
        )
        self._ready = await self._worker.start(load, timeout_s=timeout_s, on_progress=note)
        if self._keeper is not None:
            self._keeper.start(self._ready.engine)
        self._renderer = TemplateRenderer(
            self.info.chat_template,
            bos=self._ready.bos,
            eos=self._ready.eos,
            architecture=self.info.architecture,
            special_spellings=tuple(self._ready.special_spellings),
        )
        self._prompts = Prompts(
            self._worker, self._renderer, self._ready.context, self._shared_prompts
        )
        # It warms up while the model is already usable; the first conversation waits if it must.
        self._warming = asyncio.create_task(self._renderer.start(), name="template")
        if confine:
            self._proof = (await self._worker.call(wire.Prove)).proof
        self.progress, self.state = 1.0, ModelState.READY
        self.last_used_s = time.monotonic()
        if ledger is not None:
            self._ledger = ledger.opened(self._load_facts(self._ready, cached))

    async def stop(self) -> None:
        """End the worker and the template's process, and give their memory back."""
        await self._worker.stop()
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.close)
        if self._hold is not None:
            self._hold.release()
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        if self._renderer is not None:
            await self._renderer.close()

    async def check(self, hung_after_s: float) -> None:
        """Ask for a sign of life; a worker that hangs is killed, which fails its requests."""
        try:
            answer = await self._worker.call(wire.Ping, timeout_s=FIGURES_TIMEOUT_S)
            self._figures = answer.figures
        except EngineTimeout:
            await self._worker.kill()
            return
        except HearthError:
            return  # it died or was unloaded while it was asked
        if self._figures is not None and self._figures.step_age_s > hung_after_s:
            await self._worker.kill()

    # -- use --

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[GenerateEvent, None]:
        """Answer a request; closing the generator aborts it."""
        tokens, receipt = await self.prompts.prepare(request)
        stops, shared = self.prompts.stops(request), await self.prompts.shared(request, tokens)
        yield Started(prompt_tokens=len(tokens), context_tokens=self.context, receipt=receipt)

        def submit(request_id: int) -> wire.Submit:
            return wire.Submit(
                request_id=request_id,
                owner=request.owner,
                tokens=tokens,
                sampling=request.sampling,
                max_tokens=request.max_tokens,
                stop=stops,
                top_logprobs=request.top_logprobs,
                ignore_eos=request.ignore_eos,
                shared=shared,
                cache=request.cache,
            )

        with self._traffic.visit() as visit:
            async with contextlib.aclosing(self._worker.generate(submit)) as stream:
                async for message in stream:
                    if isinstance(message, wire.Growth):
                        visit.begin_writing()
                    elif self._ledger is not None:
                        self._ledger.answered(message.usage, message.timings, visit.crowd())
                    yield _event(message)

    async def detokenize(self, token_ids: Sequence[int]) -> str:
        """Join token ids to text."""
        ids = list(token_ids)
        return (await self._worker.call(lambda call: wire.Detokenize(call, ids))).text or ""

    def status(self) -> ModelStatus:
        """Return the state and the latest figures."""
        ready, figures = self._ready, self._figures
        return ModelStatus(
            name=self.entry.name,
            path=str(self.entry.path),
            state=self.state,
            progress=self.progress,
            pid=self._worker.pid,
            size_bytes=self.entry.size_bytes,
            resident_bytes=resident_bytes(self._worker.pid) if self.is_alive else 0,
            planned_bytes=self.plan.memory.resident_bytes,
            context=self.context,
            cells=ready.cells if ready else self.plan.cells.value,
            cells_used=figures.cells_used if figures else 0,
            running=figures.running if figures else 0,
            waiting=figures.waiting if figures else 0,
            tokens_per_s=figures.tokens_per_s if figures else 0.0,
            confined=bool(ready and ready.confined and self._proof and self._proof.confined),
            confinement=self._confinement(),
            idle_s=0.0 if self.users else time.monotonic() - self.last_used_s,
            architecture=self.info.architecture,
            quantization=self.info.quantization,
            num_parameters=ready.num_parameters if ready else 0,
            choices={**self.plan.choices(), "prefix_cache": self._prefix_cache},
            restored_tokens=self._keeper.restored_tokens if self._keeper else 0,
            restarts=self.restarts,
            notices=self._notices(),
        )

    def _load_facts(self, ready: wire.Ready, cached: float | None) -> LoadFacts:
        return LoadFacts(
            name=self.entry.name,
            info=self.info,
            plan=self.plan,
            ready=ready,
            worker_pid=self._worker.pid or 0,
            loading_s=self._worker.loading_s,
            cached_share=cached,
        )

    def _notices(self) -> tuple[str, ...]:
        notice = self._renderer.notice if self._renderer else None
        of_cache = self._keeper.notice if self._keeper else None
        notices = (notice, of_cache, memory_notice(self.plan, self._ready))
        return (*self.info.warnings, *(each for each in notices if each))

    def _confinement(self) -> str:
        detail = self._ready.confinement if self._ready else ""
        return f"{detail}\nTried after loading:\n{self._proof}" if self._proof else detail


def _event(message: wire.Growth | wire.Done) -> Delta | Finished:
    if isinstance(message, wire.Growth):
        return Delta(text=message.text, num_tokens=message.num_tokens, traces=tuple(message.traces))
    return Finished(
        reason=message.reason,
        usage=message.usage,
        timings=message.timings,
        stop_text=message.stop_text,
    )
