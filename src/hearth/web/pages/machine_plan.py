"""A plan on the Machine page: a form with sliders, and an answer that follows them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from nicegui.element import Element

from hearth.core import ModelStatus
from hearth.errors import HearthError, InvalidRequest
from hearth.machine.profile import MachineProfile
from hearth.plan.accuracy import Accuracy
from hearth.plan.choose import ModelPlan, Subject, plan_model
from hearth.plan.choose.published import find_published, published_names
from hearth.plan.corrections import corrections
from hearth.web.commands import Command, Handler
from hearth.web.components.plan_answer import draw_answer, load_options, summary
from hearth.web.components.plan_form import CHOOSE, Asked, draw_form
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part

DEFAULT_PUBLISHED = "llama 3.1 8b"
USUAL = "Q4_K_M"


@dataclass(slots=True, kw_only=True)
class PlanView:
    """The form and the answer to it.

    Args:
        statuses: Gives the models in memory as they are known now.
        on_model: Called when another model is planned.
    """

    book: Book
    form: Region
    answer: Region
    frame: Frame
    statuses: Callable[[], Sequence[ModelStatus]]
    on_model: Callable[[str], None]
    asked: Asked = field(default=Asked(), init=False)
    plan: ModelPlan | None = field(default=None, init=False)
    _error: HearthError | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about plans, by name."""
        return {"plan": self._ask, "plan-load": self._load}

    async def show(self, model: str) -> None:
        """Plan a model by its name; an empty name stands for the last one, or the first here."""
        if self.book.models is None:  # a name may be that of one of them
            words = "Reading the headers of the models; the weights are not touched"
            self.answer.show(part("models_wait", error=self.book.error, words=words))
            return
        name = model or self.asked.model or self._first()
        if name != self.asked.model:
            # A well-known model may be had in any quantization; one is named so that it is seen.
            quantization = CHOOSE if self.book.model(name) else USUAL
            self.asked = replace(self.asked, model=name, quantization=quantization)
        await self._answer()

    def twin_name(self) -> str:
        """Return what the planned model is called where it can be tried by a twin."""
        model = self.asked.model
        if self.plan is None or self.book.model(model) is not None:
            return model
        return f"{model}:{self.plan.offer.settings.quantization}"

    def draw(self) -> None:
        """Draw the form and what was answered."""
        subject = self.book.subject(self.asked.model)
        if subject is not None:
            self.form.show(draw_form(self.asked, subject, self._names()))
        if self._error is not None:
            self.answer.show(part("error", error=self._error))
        elif self.plan is not None:
            self.answer.show(
                draw_answer(self.plan, is_here=self._is_here(self.plan), status=self._status())
            )

    def _first(self) -> str:
        published = find_published(DEFAULT_PUBLISHED)
        models = self.book.models or ()
        return models[0].name if models else published.name if published else ""

    def _names(self) -> dict[str, list[str]]:
        return {
            "On this computer": [model.name for model in self.book.models or ()],
            "Well known, not here": list(published_names()),
        }

    async def _ask(self, command: Command) -> None:
        before = self.asked.model
        self.asked = Asked.of(command)
        await self._answer()
        if self.asked.model != before:
            self.on_model(self.asked.model)
        self.frame.say(summary(self.plan) if self.plan else "No answer.")

    async def _answer(self) -> None:
        subject, profile = self.book.subject(self.asked.model), self.book.profile
        self.plan, self._error = None, None
        if subject is None:
            self._error = InvalidRequest(
                f"{self.asked.model!r} is neither here nor well known.",
                hint="Choose a model from the list.",
            )
        elif profile is not None:
            try:
                self.plan = await asyncio.to_thread(
                    _planned, subject, profile, self.asked, self.book.accuracy
                )
            except HearthError as error:
                self._error = error
        self.draw()

    async def _load(self, command: Command) -> None:
        plan = self.plan
        options = load_options(plan) if plan is not None else None
        if plan is None or options is None or not self._is_here(plan):
            raise InvalidRequest("This plan cannot be loaded.", hint="Choose a model that is here.")
        self.frame.say(f"Loading {plan.model}.")
        await self.book.services.loads.load(plan.model, options)
        self.frame.toasts.say(f"{plan.model} is loaded as planned.")
        self.draw()

    def _is_here(self, plan: ModelPlan) -> bool:
        model = self.book.model(plan.model)
        return model is not None and model.subject.quantization == plan.offer.settings.quantization

    def _status(self) -> ModelStatus | None:
        return next((one for one in self.statuses() if one.name == self.asked.model), None)


def plan_view(
    book: Book,
    frame: Frame,
    statuses: Callable[[], Sequence[ModelStatus]],
    on_model: Callable[[str], None],
) -> PlanView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide plan").props("aria-labelledby=m-plan"):
        form = Region()
        answer = Region().classes("plan-answer")
    return PlanView(
        book=book, form=form, answer=answer, frame=frame, statuses=statuses, on_model=on_model
    )


def _planned(
    subject: Subject,
    profile: MachineProfile,
    asked: Asked,
    known: Accuracy | None,
) -> ModelPlan:
    wishes = asked.wishes(subject)
    quantization = wishes.quantization or subject.quantization
    learned = (
        corrections(known, quantization=quantization, identity=subject.identity) if known else {}
    )
    return plan_model(subject, profile, wishes, corrections=learned, is_here=True)
