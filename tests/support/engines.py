"""A scheduler over a pico model in this process, for tests of what it decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hearth.core import FinishReason, SamplingParams
from hearth.engine.llama.context import Context, ContextSettings
from hearth.engine.llama.model import Model
from hearth.engine.llama.sampler import Sampler
from hearth.engine.llama.split import context_in
from hearth.engine.prefixes.access import Access
from hearth.engine.worker.scheduler import Scheduler
from hearth.engine.worker.sequences import Ended, Grown, Sequence
from hearth.engine.worker.speculation.draft_model import DraftModel
from hearth.engine.worker.staircase import Staircase
from hearth.engine.worker.text import TextStream

GREEDY = SamplingParams(temperature=0.0)


@dataclass
class Bench:
    """One context with its scheduler, and what its requests have said so far."""

    model: Model
    cells: int = 512
    num_sequences: int = 4
    queue_limit: int = 64
    micro_batch_tokens: int = 64
    parked_bytes: int = 2**24
    flash_attention: str = "off"  # it computes in half precision where batches are large
    speculation: bool = True
    draft_model: DraftModel | None = None
    staircase: Staircase | None = None
    split_path: Path | None = None  # the model's file, where prompts are read in another layout
    texts: dict[int, str] = field(default_factory=dict)
    ended: dict[int, Ended] = field(default_factory=dict)
    traces: dict[int, list] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = ContextSettings(
            cells=self.cells,
            sequences=self.num_sequences + 4,
            batch_tokens=self.micro_batch_tokens,
            micro_batch_tokens=self.micro_batch_tokens,
            threads=1,
            threads_batch=1,
            kv_type="f32",
            flash_attention=self.flash_attention,
        )
        self.context = (
            Context(self.model, settings)
            if self.split_path is None
            else context_in("split", self.model, self.split_path, settings, longest=self.cells)
        )
        self.scheduler = Scheduler(
            self.context,
            num_sequences=self.num_sequences,
            queue_limit=self.queue_limit,
            parked_bytes=self.parked_bytes,
            speculation=self.speculation,
            draft_model=self.draft_model,
            staircase=self.staircase,
        )

    def submit(self, request_id: int, prompt: str, **how) -> Sequence:
        """Queue a request; how, see `sequence`."""
        sequence = self.sequence(request_id, prompt, **how)
        self.scheduler.submit(sequence)
        return sequence

    def sequence(
        self,
        request_id: int,
        prompt: str | list[int],
        *,
        max_tokens: int = 8,
        sampling: SamplingParams = GREEDY,
        stop: tuple[str, ...] = (),
        top_logprobs: int | None = None,
        owner: str = "",
        access: Access | None = None,
    ) -> Sequence:
        """Return a request for a text, or for tokens, that is not queued yet."""
        tokens = (
            self.model.vocab.tokenize(prompt, add_special=False, parse_special=True)
            if isinstance(prompt, str)
            else list(prompt)
        )
        sampler = Sampler(self.model.vocab, sampling)
        sampler.see_prompt(tokens)
        return Sequence(
            request_id=request_id,
            owner=owner,
            tokens=tokens,
            num_prompt=len(tokens),
            max_length=min(len(tokens) + max_tokens, self.context.cells),
            sampler=sampler,
            text=TextStream(stop),
            top_logprobs=top_logprobs,
            reproducible=sampling.seed is not None,
            access=access or Access(owner=owner),
        )

    def step(self) -> None:
        for event in self.scheduler.step():
            if isinstance(event, Grown):
                text = self.texts.get(event.request_id, "")
                self.texts[event.request_id] = text + event.text
                self.traces.setdefault(event.request_id, []).append(event.trace)
            else:
                self.ended[event.request_id] = event
        self.scheduler.check_integrity()

    def run(self) -> None:
        steps = 0
        while not self.scheduler.is_idle:
            self.step()
            steps += 1
            assert steps < 5000, "the scheduler does not come to an end"

    def answer(self, prompt: str, **how) -> str:
        """Return the answer to one prompt, alone."""
        request_id = 10_000 + len(self.ended)
        self.submit(request_id, prompt, **how)
        self.run()
        return self.texts.get(request_id, "")

    def reason(self, request_id: int) -> FinishReason:
        return self.ended[request_id].reason

    def close(self) -> None:
        self.context.close()


def load_model(path: Path) -> Model:
    return Model(path, repack=False)
