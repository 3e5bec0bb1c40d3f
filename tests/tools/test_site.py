"""The static documentation: a page for every topic, no link that leads nowhere, nothing foreign."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hearth.guide import topics

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "docs" / "guide" / "recorded"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build all pages; a link that leads nowhere ends it with an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "tools" / "site" / "build_site.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_topic_has_a_page_with_its_sources(site: Path) -> None:
    for topic in topics():
        page = (site / "guide" / f"{topic.id}.html").read_text(encoding="utf-8")
        assert all(source.url.replace("&", "&amp;") in page for source in topic.sources)


def test_what_was_recorded_is_drawn(site: Path) -> None:
    recorded = {path.stem for path in RECORDED.glob("*.json")}
    shown = [topic for topic in topics() if topic.demonstration in recorded]
    assert shown
    for topic in shown:
        page = (site / "guide" / f"{topic.id}.html").read_text(encoding="utf-8")
        assert 'class="demo-part"' in page
        assert page.count(">See it here<") == 1
        assert "Recorded on" in page


def test_every_demonstration_of_a_topic_was_recorded() -> None:
    recorded = {path.stem for path in RECORDED.glob("*.json")}
    assert {topic.demonstration for topic in topics()} - {None} <= recorded


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(topics())
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"([^\"]*)\"", text)
        assert not [address for address in loaded if "//" in address], page.name


def test_the_search_knows_the_topics(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "guide/quantization.html" in index
