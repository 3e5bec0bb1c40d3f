"""Write the pages of docs/reference from the code; with --check, only say which are out of date."""

from __future__ import annotations

import sys
from pathlib import Path

import cli_page
import config_page
import errors_page
import guide_page
import http_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES = {
    "cli.md": cli_page.render,
    "config.md": config_page.render,
    "errors.md": errors_page.render,
    "faq-map.md": guide_page.render,
    "http.md": http_page.render,
}


def main(arguments: list[str]) -> int:
    """Write or check all pages; return the exit status."""
    stale = []
    for name, render in PAGES.items():
        path, text = FOLDER / name, render()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/reference/{name}")
    if stale and "--check" in arguments:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
