"""A real terminal (a pty): line editing, Ctrl-C in the middle of an answer, Ctrl-D at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
pytestmark = pytest.mark.starter
TIMEOUT_S = 60
CTRL_C, CTRL_D = "\x03", "\x04"
EDITING_BEGINS, EDITING_ENDS = "\x1b[?2004h", "\x1b[?2004l"


class Terminal:
    """A program on a pseudo-terminal, with what it has shown so far."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self._own, theirs = pty.openpty()
        os.set_blocking(self._own, False)
        # login_tty makes it the controlling terminal: without one, Ctrl-C is only a character.
        self.process = subprocess.Popen(
            words, env=environment, preexec_fn=lambda: os.login_tty(theirs)
        )
        os.close(theirs)
        self.shown = ""

    def type(self, keys: str) -> None:
        os.write(self._own, keys.encode())

    def wait_for(self, text: str) -> None:
        """Wait until the text has been shown, and forget what came up to its end."""
        deadline = time.monotonic() + TIMEOUT_S
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.shown!r}"
            time.sleep(0.02)
            try:
                self.shown += os.read(self._own, 65536).decode(errors="replace")
            except BlockingIOError:
                continue
            except OSError:  # the other side is closed
                assert text in self.shown, f"{text!r} is not in {self.shown!r}"
        self.shown = self.shown.partition(text)[2]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._own)


@pytest.fixture
def chat(own_home: Path, starter_path: Path) -> Iterator[Terminal]:
    environment = {
        **os.environ,
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
        "COLUMNS": "200",
    }
    endless = ["--logit-bias", "2=-100"]  # the token that ends an answer never comes
    words = [sys.executable, "-m", "hearth", "chat", "starter", "--temperature", "0", *endless]
    terminal = Terminal(words, environment)
    yield terminal
    terminal.close()


def test_ctrl_c_stops_the_answer_and_not_the_program(chat: Terminal, own_home: Path) -> None:
    chat.wait_for(EDITING_BEGINS)
    chat.type("Tell me a long story.\r")
    chat.wait_for(EDITING_ENDS)
    chat.wait_for("e")  # a letter of the answer
    chat.type(CTRL_C)
    chat.wait_for("Stopped")
    chat.wait_for(EDITING_BEGINS)
    chat.type(CTRL_C)
    chat.wait_for("Ctrl-D or /quit leaves.")
    chat.wait_for(EDITING_BEGINS)
    chat.type("/stats\r")
    chat.wait_for("answers in this conversation: 1")
    chat.wait_for(EDITING_BEGINS)
    chat.type(CTRL_D)
    assert chat.process.wait(TIMEOUT_S) == 0
    assert "long story" in (own_home / "chat_history").read_text()


def test_alt_enter_starts_another_line(chat: Terminal) -> None:
    chat.wait_for(EDITING_BEGINS)
    chat.type("/nonsense one\x1b\rtwo\r")
    chat.wait_for("/nonsense is no command here.")
    chat.wait_for(EDITING_BEGINS)
    chat.type("/quit\r")
    assert chat.process.wait(TIMEOUT_S) == 0
