"""The server's log: nothing in a request can forge an entry, and nothing private is in it (Q20)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from hearth.house.log import JsonLines, log_to
from support.processes import START_TIMEOUT_S, Hearth


def test_log_lines_cannot_be_forged(tmp_path: Path) -> None:
    """Q20: whatever a field contains, an entry is one line of plain ASCII."""
    record = logging.LogRecord("x", logging.ERROR, "", 0, "a\n\x1b[2J\u2028%s", ("\ud800",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line)["message"].startswith("a\n\x1b[2J")


def test_failed_request_is_logged_without_its_content(
    start: Callable[..., Hearth], own_home: Path
) -> None:
    (own_home / "models").mkdir(parents=True)
    (own_home / "models" / "broken.gguf").write_bytes(b"no model")
    server = start()
    server.wait_until_ready()
    secret = {"model": "broken", "prompt": "my secret\n\x1b[2J"}
    answer = httpx.post(f"{server.url}/v1/completions?api_key=secret", json=secret)
    assert answer.json()["error"]["code"] == "bad_model_file"
    server.process.terminate()
    server.process.wait(START_TIMEOUT_S)
    log = own_home / "logs" / "server.log"
    assert not log.exists() or "secret" not in log.read_text()


@pytest.fixture
def root_logging() -> Iterator[None]:
    before = logging.root.handlers[:], logging.root.level
    yield
    for handler in logging.root.handlers:
        handler.close()
    logging.root.handlers, logging.root.level = before


def test_log_goes_to_its_file(tmp_path: Path, root_logging: None) -> None:
    log_to(tmp_path / "server.log")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("anything").exception("it failed")
    entry = json.loads((tmp_path / "server.log").read_text())
    assert (entry["level"], entry["message"]) == ("ERROR", "it failed")
    assert "ValueError: why" in entry["exception"]
