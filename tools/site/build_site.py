"""Build the static documentation: README, docs/ and the guide, by MkDocs, with Hearth's own theme.

    python tools/site/build_site.py [FOLDER]      default: build/site

The pages of the guide are written from its topics, each with the demonstration that
`record_demonstrations.py` has recorded. The pages need no script but the search, load nothing from
elsewhere, and a link that leads nowhere ends the build.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from mkdocs.commands.build import build
from mkdocs.config import load_config
from topic_pages import guide_entries, write_guide

from hearth.web.theme import css_variables

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
STATIC = ROOT / "src" / "hearth" / "web" / "static"
SINGLE = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")
CHAPTERS = {"How to": "how-to", "Explanation": "explanation", "Reference": "reference"}
LOOSE = {"Benchmarks": "benchmarks.md", "Log of experiments": "log.md", "Licences": "licences.md"}


def main(arguments: list[str]) -> int:
    """Build the pages; return the exit status."""
    folder = Path(arguments[0] if arguments else ROOT / "build" / "site").resolve()
    with tempfile.TemporaryDirectory() as written:
        pages = Path(written)
        write_pages(pages)
        config = load_config(
            str(HERE / "mkdocs.yml"),
            docs_dir=str(pages),
            site_dir=str(folder),
            nav=navigation(),
            strict=True,
        )
        build(config)
    print(f"Built {folder}/index.html")
    return 0


def write_pages(pages: Path) -> None:
    """Write everything that MkDocs is given: pages, pictures, styles."""
    for name in SINGLE:
        shutil.copy(ROOT / name, pages)
    shutil.copytree(ROOT / "docs", pages / "docs")
    write_guide(pages / "guide")
    (pages / "tokens.css").write_text(css_variables(), encoding="utf-8")
    shutil.copy(STATIC / "demonstration.css", pages)
    shutil.copy(STATIC / "favicon.svg", pages)


def navigation() -> list[dict[str, Any]]:
    """Return the tree of all pages, the guide first."""
    docs = ROOT / "docs"
    listed = {
        word: sorted(f"docs/{folder}/{page.name}" for page in (docs / folder).glob("*.md"))
        for word, folder in CHAPTERS.items()
    }
    loose = [{word: f"docs/{name}"} for word, name in LOOSE.items()]
    return [
        {"Hearth": "README.md"},
        {"Guide": guide_entries()},
        *({word: pages} for word, pages in listed.items()),
        *loose,
        {"Changes": "CHANGELOG.md"},
        {"Contributing": "CONTRIBUTING.md"},
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
