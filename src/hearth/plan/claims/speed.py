"""Judge a claim about how fast answers are written."""

from __future__ import annotations

from hearth.plan.arithmetic import Range, Step
from hearth.plan.claims.claim import Claim, Finding, Verdict
from hearth.plan.claims.hardware import (
    CACHE_SOURCE,
    LARGEST_CACHE_BYTES,
    Hardware,
    hardware_of,
    least_seconds,
    with_usual_host,
)
from hearth.plan.claims.subject import Subject, subject_of
from hearth.plan.devices import efficiencies
from hearth.plan.placement import Placement, place
from hearth.plan.roofline import Speed, decode_speed
from hearth.plan.units import digits, duration, num_bytes, scaled, tokens_per_s
from hearth.plan.work import work

ABOUT = "speed"
MOST_DRAFT_GAIN = 3.0
MOST_BEYOND_MEASURED = 2.0  # reading measures 60 to 90 % of what memory promises
DRAFT_SOURCE = "published gains of speculative decoding are 1.3 to 2.9 times; greedy copying aside"


def judge_speed(claim: Claim) -> Finding:
    """Judge the speed of answers that a claim states."""
    speed = (claim.speed or 0.0) * (claim.batch if claim.is_per_sequence else 1)
    claimed = tokens_per_s(speed) + (" over all sequences" if claim.batch > 1 else "")
    subject, hardware = subject_of(claim), hardware_of(claim)
    missing = []
    if subject is None:
        missing.append("how many weights the model has, such as `70B`, or its name")
    if hardware is None:
        missing.append("the memory bandwidth, such as `DDR5-5600 x2`, `RTX 4090` or `400 GB/s`")
    elif not hardware.computer.devices:
        missing.append("a measured memory bandwidth: `hearth machine measure` measures this one")
    if subject is None or hardware is None or missing:
        return Finding(
            about=ABOUT,
            verdict=Verdict.UNDECIDED,
            reason="The speed follows from the bytes of the weights and the memory bandwidth.",
            claimed=claimed,
            unit="tokens/s",
            missing=tuple(missing),
        )
    return _Judge(claim, subject, hardware, speed, claimed).finding()


class _Judge:
    """The arithmetic of one claim."""

    def __init__(
        self, claim: Claim, subject: Subject, hardware: Hardware, speed: float, claimed: str
    ) -> None:
        self.claim = claim
        self.subject = subject
        self.hardware = hardware
        self.speed = speed
        self.claimed = claimed
        everything = Placement(device=hardware.computer.devices[0], parts=subject.least.parts)
        todo = work(subject.least, everything, tokens=claim.batch, depth=0)
        self.read = todo.least_bytes
        self.flops = todo.flops / claim.batch
        self.bound = claim.batch / self._seconds(self.read)
        self.estimate = self._estimate()

    def finding(self) -> Finding:
        verdict, reason = self._verdict()
        return Finding(
            about=ABOUT,
            verdict=verdict,
            reason=reason,
            claimed=self.claimed,
            unit="tokens/s",
            bound=self.bound,
            estimate=self.estimate,
            steps=(*self.subject.steps, *self._steps()),
        )

    def _verdict(self) -> tuple[Verdict, str]:
        most = self._most_by_computing()
        if most is not None and self.speed > most:
            return Verdict.IMPOSSIBLE, (
                f"Each token takes {scaled(self.flops, 'FLOP')}; all devices together allow "
                f"{tokens_per_s(most)}, however few bits they compute with."
            )
        if self.claim.drafts:
            return self._verdict_with_drafts()
        if self.speed > self.bound:
            return self._verdict_beyond_bound()
        likely = tokens_per_s(self.estimate.likely)
        if self.speed > self.estimate.high:
            return Verdict.IMPLAUSIBLE, (
                f"The bound is {tokens_per_s(self.bound)}, but engines reach "
                f"{digits(self.estimate.low)} to {tokens_per_s(self.estimate.high)} here."
            )
        part = 100 * self.speed / self.bound
        return Verdict.PLAUSIBLE, (
            f"That uses {digits(part)} % of the bound of {tokens_per_s(self.bound)}; {likely} "
            "are likely."
        )

    def _verdict_beyond_bound(self) -> tuple[Verdict, str]:
        beyond = self._beyond()
        if all(device.is_promised for device in self.hardware.computer.devices):
            more = 1.0
            excuse = "Only a processor that keeps much of the model in its cache could."
        else:
            more = MOST_BEYOND_MEASURED
            excuse = "But that bandwidth was measured, and the hardware may reach more."
        kept = self.read - self._largest_cache()
        if kept <= 0 or self.speed <= more * self.claim.batch / self._seconds(kept):
            return Verdict.IMPLAUSIBLE, f"{beyond} {excuse}"
        return Verdict.IMPOSSIBLE, beyond

    def _beyond(self) -> str:
        held = self._held()
        if held < self.read:
            return (
                f"Each pass reads {num_bytes(self.read)} of weights, of which "
                f"{num_bytes(self.read - held)} do not fit and come at no more than "
                f"{scaled(self.hardware.rest, 'B/s')}: {tokens_per_s(self.bound)} at the most."
            )
        needed = self.read * self.speed / self.claim.batch
        return (
            f"Each pass reads {num_bytes(self.read)} of weights: {tokens_per_s(self.speed)} would "
            f"take {scaled(needed, 'B/s')}, {digits(self.speed / self.bound)} times what there is."
        )

    def _held(self) -> float:
        devices = self.hardware.computer.devices
        return sum(device.memory_bytes or float("inf") for device in devices)

    def _verdict_with_drafts(self) -> tuple[Verdict, str]:
        most = self.estimate.high * MOST_DRAFT_GAIN
        if self.speed > most:
            return Verdict.IMPLAUSIBLE, (
                f"Without drafts engines reach at most {tokens_per_s(self.estimate.high)}; drafts "
                f"would have to gain {digits(self.speed / self.estimate.high)} times "
                f"({DRAFT_SOURCE})."
            )
        return Verdict.PLAUSIBLE, (
            f"One token per pass is bound to {tokens_per_s(self.bound)}; drafts that are accepted "
            f"multiply that ({DRAFT_SOURCE})."
        )

    def _seconds(self, num_read: float) -> float:
        return least_seconds(num_read, self.hardware.computer.devices, self.hardware.rest)

    def _largest_cache(self) -> float:
        return sum(LARGEST_CACHE_BYTES[device.kind] for device in self.hardware.computer.devices)

    def _most_by_computing(self) -> float | None:
        peaks = [device.flops for device in self.hardware.computer.devices]
        known = [peak for peak in peaks if peak is not None]
        return sum(known) / self.flops if len(known) == len(peaks) else None

    def _estimate(self) -> Range:
        """Return what engines reach, from an empty context to the stated one."""
        empty = self._decode(0)
        if empty.estimate is None:
            return Range(low=0.0, likely=self.bound / 2, high=self.bound)
        full = self._decode(self.claim.context or 0)
        low = full.estimate.low if full.estimate else empty.estimate.low
        return Range(
            low=min(low, self.bound),
            likely=min(empty.estimate.likely, self.bound),
            high=min(empty.estimate.high, self.bound),
        )

    def _decode(self, depth: int) -> Speed:
        computer = with_usual_host(self.hardware)
        usual = self.subject.usual
        return decode_speed(
            usual,
            computer,
            place(usual, computer),
            depth=depth,
            batch=self.claim.batch,
            kv_type=self.claim.kv_type or "f16",
        )

    def _steps(self) -> list[Step]:
        devices = self.hardware.computer.devices
        found = [
            Step(
                what="read in one pass, at least",
                how="",
                result=num_bytes(self.read),
                source="all weights but the input embeddings and the experts not used",
            )
        ]
        found += [
            Step(
                what=f"bandwidth of {device.name}",
                how="",
                result=scaled(device.bandwidth, "B/s"),
                source=device.source,
            )
            for device in devices
        ]
        held = self._held()
        if held < self.read:
            found.append(
                Step(
                    what=f"bandwidth of the rest, {num_bytes(self.read - held)}",
                    how="",
                    result=scaled(self.hardware.rest, "B/s"),
                    source=self.hardware.rest_source,
                )
            )
        least = self._seconds(self.read)
        found.append(
            Step(what="least time of a pass", how="bytes / bandwidth", result=duration(least))
        )
        found.append(
            Step(
                what="bound",
                how=f"{self.claim.batch} / {duration(least)}",
                result=tokens_per_s(self.bound),
            )
        )
        found.append(self._estimate_step())
        if self.read - self._largest_cache() < self.read * 0.5:
            found.append(
                Step(
                    what="caches could keep up to",
                    how="",
                    result=num_bytes(self._largest_cache()),
                    source=CACHE_SOURCE,
                )
            )
        return found

    def _estimate_step(self) -> Step:
        estimate = self.estimate
        kinds = {device.kind for device in self.hardware.computer.devices}
        deep = f", down to {self.claim.context:,} tokens deep" if self.claim.context else ""
        return Step(
            what=f"engines reach{deep}",
            how="",
            result=f"{digits(estimate.low)} to {tokens_per_s(estimate.high)}, likely "
            f"{digits(estimate.likely)}",
            source="; ".join(efficiencies()[kind].source for kind in sorted(kinds)),
        )
