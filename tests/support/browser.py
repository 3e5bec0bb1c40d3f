"""The browser tier's gate: finds a Chromium, or skips with the reason.

With HEARTH_REQUIRE_BROWSER=1 (the continuous checks) a missing browser is a failure.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_browser() -> str | None:
    """Return the path of a Chromium; the variable HEARTH_BROWSER names one before all others."""
    named = os.environ.get("HEARTH_BROWSER")
    for name in [named, *NAMES] if named else NAMES:
        if found := shutil.which(name):
            return found
    return str(MAC_CHROME) if MAC_CHROME.exists() else None


def require_browser() -> str:
    """Return the path of a Chromium; skip the test without one, or fail where one is required."""
    found = find_browser()
    if found is not None:
        return found
    reason = "no Chromium here (on Debian: apt-get install chromium)"
    if os.environ.get("HEARTH_REQUIRE_BROWSER") == "1":
        pytest.fail(f"HEARTH_REQUIRE_BROWSER=1, but there is {reason}", pytrace=False)
    pytest.skip(reason)
