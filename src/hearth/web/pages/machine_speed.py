"""The roofline on the Machine page: the library's models under the roofs of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nicegui.element import Element
from nicegui.elements.echart import EChart

from hearth.errors import HearthError
from hearth.machine.profile import MachineProfile
from hearth.plan.intensity import Roof, dots, roofs
from hearth.plan.speeds import predict_speeds
from hearth.web.components.chart_place import chart_place
from hearth.web.components.region import Region
from hearth.web.components.roofline_chart import ModelDots, roof_words, roofline_options
from hearth.web.components.speed_table import draw_speed_table
from hearth.web.local_models import LocalModel
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part

PROMPT_TOKENS = 512


@dataclass(slots=True, kw_only=True)
class SpeedView:
    """The chart, its legend and its table."""

    book: Book
    head: Region
    place: Element
    chart: EChart
    table: Region

    async def update(self) -> None:
        """Predict again, as machine or models have changed, and draw."""
        profile, models = self.book.profile, self.book.models
        if profile is None or models is None:
            self._show_head(reading=True)
            return
        measured = self.book.measured_speeds()
        try:
            found = await asyncio.to_thread(_predict, models, profile, measured)
        except HearthError as error:
            self._show_head(problem=error)
            return
        shown = roofs(profile)
        self._show_head(found, shown)
        self.place.set_visibility(bool(found))
        if found:
            self.chart.options.clear()
            self.chart.options.update(roofline_options(found, shown))
            self.chart.update()
            self.table.show(draw_speed_table(found, PROMPT_TOKENS))

    def _show_head(
        self,
        models: Sequence[ModelDots] = (),
        shown: Sequence[Roof] = (),
        *,
        reading: bool = False,
        problem: HearthError | None = None,
    ) -> None:
        self.head.show(
            part(
                "machine_speed_head",
                models=bool(models),
                reading=reading,
                tokens=PROMPT_TOKENS,
                roofs=[(roof.name, roof_words(roof)) for roof in shown],
                problem=problem or self.book.error,
            )
        )


def speed_view(book: Book) -> SpeedView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-roof"):
        head = Region()
        place, chart = chart_place("Roofline of this machine; the table holds the same figures")
        table = Region()
    return SpeedView(book=book, head=head, place=place, chart=chart, table=table)


def _predict(
    models: Sequence[LocalModel],
    profile: MachineProfile,
    measured: dict[str, dict[str, float]],
) -> list[ModelDots]:
    found = []
    for index, model in enumerate(models):
        shape = model.subject.shape
        speeds = predict_speeds(shape, profile, prompt_tokens=PROMPT_TOKENS)
        found.append(
            ModelDots(
                name=model.name,
                quantization=model.subject.quantization,
                colour=index,
                dots=dots(shape, speeds, prompt_tokens=PROMPT_TOKENS),
                speeds=speeds,
                measured=measured.get(model.name, {}),
            )
        )
    return found
