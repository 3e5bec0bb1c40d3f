"""Which models are in memory: loaded when asked for, shared, watched, and sent away.

Several models live side by side within a memory limit; when a new one needs the room, the one that
was used longest ago leaves first. A model that nobody used for a while is unloaded. A worker that
died is started again, unless it dies again and again.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from hearth.config import Config
from hearth.core import LoadOptions, ModelState, ModelStatus
from hearth.engine.build_info import gpu_free_bytes
from hearth.engine.cancelling import to_the_end
from hearth.engine.crashes import Crashes
from hearth.engine.draft import inspect_draft
from hearth.engine.failures import Failures
from hearth.engine.ledger import Ledger
from hearth.engine.loaded_model import LoadedModel
from hearth.engine.prefixes.opening import PrefixCaches
from hearth.engine.simulation.planning import plan_exactly
from hearth.errors import HearthError, ModelTooLarge, RequestAborted
from hearth.machine.probe import read_machine
from hearth.models.library import Library, ModelEntry
from hearth.models.validate import Validator
from hearth.plan.tunings import tuned_layout
from hearth.plan.ways_out import Held

WATCH_INTERVAL_S = 2.0
NOTE_USE_INTERVAL_S = 60.0
HUNG_AFTER_S = 300.0  # no single step of a working engine takes this long


class ModelPool:
    """The models in memory.

    Args:
        config: Memory limit, idle time, deadlines, where logs go.
        library: Finds models by name.
    """

    def __init__(self, config: Config, library: Library) -> None:
        self._config = config
        self._library = library
        self._validator = Validator()
        self._ledger = Ledger(config) if config.predictions else None
        self._caches = PrefixCaches(config)
        self._models: dict[str, LoadedModel] = {}  # by path, least recently used first
        self._lock = asyncio.Lock()  # one load at a time: memory is counted, then taken
        self._listeners: set[Callable[[], None]] = set()
        self._crashes = Crashes()
        self._failures = Failures()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._is_closed = False

    @asynccontextmanager
    async def use(self, name: str) -> AsyncGenerator[LoadedModel, None]:
        """Hold a model, loading it if need be; while held it is neither evicted nor idle."""
        model = await self.load(name)
        model.users += 1
        try:
            yield model
        finally:
            model.users -= 1
            model.last_used_s = time.monotonic()

    async def load(
        self,
        name: str,
        options: LoadOptions | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> LoadedModel:
        """Return a model that is ready; see `Engine.load`."""
        entry = await asyncio.to_thread(self._library.locate, name)
        key = str(entry.path)
        if options is not None:
            options = self._config.load_options(entry.name, options)

        def report() -> None:
            if on_progress is not None and key in self._models:
                on_progress(self._models[key].progress)

        self._listeners.add(report)
        try:
            ready = self._ready_model(key, options)
            if ready is None:
                async with self._lock:
                    ready = self._ready_model(key, options) or await self._load(entry, options)
        finally:
            self._listeners.discard(report)
        self._models[key] = self._models.pop(key, ready)  # most recently used last
        self._note_use(ready)
        return ready

    async def unload(self, name: str) -> None:
        """Stop a model; a no-op if it is not in memory."""
        entry = await asyncio.to_thread(self._library.locate, name)
        self._failures.forget(str(entry.path))
        model = self._models.pop(str(entry.path), None)
        if model is not None:
            await self._stop(model)

    async def status(self) -> list[ModelStatus]:
        """Return the models in memory, most recently used first, with fresh figures."""
        ready = [m for m in self._models.values() if m.state is ModelState.READY]
        await asyncio.gather(*(m.check(HUNG_AFTER_S) for m in ready))
        # Read again: while they were asked, models may have come and gone.
        models = reversed(list(self._models.values()))
        return [*(model.status() for model in models), *self._failures.statuses()]

    async def close(self) -> None:
        """Stop everything, loads that are under way included; nothing is loaded afterwards."""
        await to_the_end(self._close())

    async def _close(self) -> None:
        self._is_closed = True
        tasks = [*self._tasks, *([self._watcher] if self._watcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        models, self._models = list(self._models.values()), {}
        await asyncio.gather(*self._stopping, *(model.stop() for model in models))
        async with self._lock:  # a load that was under way has noticed and has ended
            if self._ledger is not None:
                await asyncio.to_thread(self._ledger.close)

    async def _stop(self, model: LoadedModel) -> None:
        """Stop a model that is no longer listed; it ends even if whoever waits does not."""
        task = asyncio.create_task(model.stop(), name="stop")
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        await asyncio.shield(task)

    def _note_use(self, model: LoadedModel) -> None:
        """Let the library know, now and then, that a model is used; nobody waits for it."""
        now_s = time.monotonic()
        if now_s < model.note_use_at_s:
            return
        model.note_use_at_s = now_s + NOTE_USE_INTERVAL_S
        self._in_background(asyncio.to_thread(self._library.note_use, model.entry), "note-use")

    def _in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- loading --

    def _ready_model(self, key: str, options: LoadOptions | None) -> LoadedModel | None:
        model = self._models.get(key)
        if model is None or model.state is not ModelState.READY or not model.is_alive:
            return None
        return model if options is None or options == model.options else None

    async def _load(self, entry: ModelEntry, options: LoadOptions | None) -> LoadedModel:
        self._refuse_if_closed()
        key = str(entry.path)
        before = self._models.pop(key, None)
        if before is not None:
            await self._stop(before)
        wanted = options or (before.options if before else self._config.load_options(entry.name))
        self._failures.forget(key)
        try:
            self._crashes.refuse_if_many(entry)
            model = await self._plan(entry, wanted)
            await self._start(key, model)
        except HearthError as error:
            self._failures.note(entry, error)
            raise
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch(), name="pool-watcher")
        return model

    async def _start(self, key: str, model: LoadedModel) -> None:
        model.restarts = self._crashes.count(key)
        self._models[key] = model
        try:
            self._refuse_if_closed()  # it may have been closed while the load was planned
            await model.start(
                timeout_s=self._config.load_timeout_s,
                queue_limit=self._config.queue_limit,
                confine=self._config.confine,
                on_progress=self._report,
                ledger=self._ledger,
            )
        except BaseException:  # a cancelled load leaves nothing behind either
            self._models.pop(key, None)
            await self._stop(model)
            raise

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RequestAborted("Hearth is stopping; no model is loaded any more.")

    async def _plan(self, entry: ModelEntry, options: LoadOptions) -> LoadedModel:
        """Check the files, make room, and plan the load for what is then free."""
        inspect = self._validator.inspect
        info = await asyncio.to_thread(inspect, entry.path)
        draft = await asyncio.to_thread(inspect_draft, options, self._library, inspect)
        tuned = await asyncio.to_thread(tuned_layout, self._config, info.files)
        while True:
            machine = await asyncio.to_thread(read_machine)
            has_gpu = any(each.device for each in machine.accelerators)
            gpu_memory_bytes = await gpu_free_bytes() if has_gpu else 0
            try:
                plan = await asyncio.to_thread(
                    plan_exactly,
                    info,
                    machine,
                    options,
                    gpu_memory_bytes=gpu_memory_bytes,
                    loaded=self._held(),
                    tuned=tuned,
                    draft=draft,
                )
                self._check_limit(plan.total_bytes)
                break
            except ModelTooLarge:
                if not await self._evict_one():
                    raise
        log_name = re.sub(r"[^A-Za-z0-9._-]", "_", entry.name)[:80]
        self._config.logs_dir.mkdir(parents=True, exist_ok=True)
        return LoadedModel(
            entry=entry,
            info=info,
            plan=plan,
            options=options,
            caches=self._caches,
            log_path=self._config.logs_dir / f"worker-{log_name}.log",
            on_exit=self._note_exit,
        )

    def _held(self) -> list[Held]:
        """Return the models in memory, to be named where another one does not fit."""
        models = self._models.values()
        return [Held(name=m.entry.name, total_bytes=m.plan.total_bytes) for m in models]

    def _check_limit(self, wanted_bytes: int) -> None:
        if self._config.memory_limit_gb is None:
            return
        limit_bytes = int(self._config.memory_limit_gb * 1e9)
        used_bytes = sum(m.plan.total_bytes for m in self._models.values())
        if used_bytes + wanted_bytes > limit_bytes:
            raise ModelTooLarge(
                f"The model needs {wanted_bytes / 1e9:.2f} GB; of the limit of "
                f"{limit_bytes / 1e9:.2f} GB, {used_bytes / 1e9:.2f} GB are in use.",
                hint="Unload a model (`hearth unload`), or raise the setting `memory_limit_gb`.",
            )

    async def _evict_one(self) -> bool:
        """Send the least recently used model away that nobody uses; False if there is none."""
        for key, model in self._models.items():
            if not model.users and model.state is ModelState.READY:
                del self._models[key]
                await self._stop(model)
                return True
        return False

    def _report(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    # -- watching --

    def _note_exit(self, model: LoadedModel) -> None:
        key = str(model.entry.path)
        if self._models.get(key) is not model or model.state is not ModelState.READY:
            return  # it was sent away, or it failed to load and its caller knows
        del self._models[key]
        self._crashes.note(key)
        self._in_background(self._restart(model), "restart")

    async def _restart(self, dead: LoadedModel) -> None:
        await self._stop(dead)
        # The next request says what is wrong if it cannot be started again.
        with contextlib.suppress(HearthError):
            await self.load(str(dead.entry.path), dead.options)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            for key, model in list(self._models.items()):
                if model.state is not ModelState.READY:
                    continue
                idle_s = time.monotonic() - model.last_used_s
                limit_s = self._config.idle_unload_s
                if limit_s and not model.users and idle_s > limit_s:
                    self._models.pop(key, None)
                    await self._stop(model)
                elif model.users:
                    await model.check(HUNG_AFTER_S)
