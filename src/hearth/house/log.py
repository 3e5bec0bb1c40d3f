"""The server's log: one JSON object a line, so that no text in a request can forge an entry."""

from __future__ import annotations

import json
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_LOG_BYTES = 4 * 1024 * 1024
NUM_OLD_LOGS = 3
MAX_MESSAGE_CHARS = 4000


class JsonLines(logging.Formatter):
    """Formats a record as one line of ASCII JSON; whatever it contains is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:MAX_MESSAGE_CHARS],
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def log_to(path: Path) -> None:
    """Send what the process logs to a file that is kept small; nothing goes to the terminal."""
    handler = RotatingFileHandler(
        path, maxBytes=MAX_LOG_BYTES, backupCount=NUM_OLD_LOGS, encoding="utf-8", delay=True
    )
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
