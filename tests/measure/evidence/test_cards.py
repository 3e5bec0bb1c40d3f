"""Cards: each of the three formats leaves, comes back, and shows whether it was touched."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import InvalidRequest, SetupError
from hearth.measure.evidence import Figure, Ledger, Record
from hearth.measure.evidence.cards import (
    Card,
    CardFormat,
    card_of,
    export_card,
    load_card,
    read_card,
    render_card,
)
from hearth.store.database import Database
from support.evidence import ITEMS, PICO, draft

HOSTILE = '<script>alert("x")</script> | ]]> ``` \n```\n</metadata> & \u202e木'


@pytest.fixture
def card(database: Database) -> Card:
    ledger = Ledger(database)
    made = draft(items=ITEMS, notes=(HOSTILE,), settings={HOSTILE: HOSTILE, "number": 1e-7})
    return card_of(ledger, ledger.add(made).id)


@pytest.mark.parametrize("form", CardFormat)
def test_a_card_goes_out_and_comes_back(card: Card, form: CardFormat, tmp_path: Path) -> None:
    path = tmp_path / f"card.{form.value}"
    export_card(card, path)
    back = load_card(path)
    assert (back.text, back.items) == (card.text, card.items)
    assert back.record.is_card
    assert back.record.digest == card.record.digest
    assert back.record.items == ITEMS
    # Editors and networks change line ends; some programs put a mark before the text.
    data = path.read_bytes()
    assert read_card(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")).text == card.text


@pytest.mark.parametrize("form", CardFormat)
def test_a_card_that_was_improved_is_refused(card: Card, form: CardFormat) -> None:
    text = render_card(card, form)
    improved = text.replace("57.3", "97.3").replace("56.8", "96.8")
    with pytest.raises(InvalidRequest, match="changed after it was exported"):
        read_card(improved.encode())


def test_items_that_were_improved_are_refused(card: Card) -> None:
    content = json.loads(render_card(card, CardFormat.JSON))
    content["items"]["rows"][1][2] = True
    with pytest.raises(InvalidRequest, match="its items are not those"):
        read_card(json.dumps(content).encode())
    content["items"] = None
    with pytest.raises(InvalidRequest, match="its items are not those"):
        read_card(json.dumps(content).encode())


def test_a_card_survives_another_printer_of_json(card: Card) -> None:
    content = json.loads(render_card(card, CardFormat.JSON))
    rounded = json.loads(json.dumps(content, indent=7, sort_keys=True, ensure_ascii=True))
    assert read_card(json.dumps(rounded).encode()).text == card.text


def test_the_way_to_check_it_that_a_card_names_is_true(card: Card) -> None:
    content = json.loads(render_card(card, CardFormat.JSON))
    expression = content["check"].partition("In Python: ")[2].partition("; likewise")[0]
    assert eval(expression, {"hashlib": __import__("hashlib"), "json": json, "card": content})


def test_what_is_no_card_is_refused(card: Card) -> None:
    whole = json.loads(render_card(card, CardFormat.JSON))
    broken = [
        b"",
        b"\xff\xfe",
        b"# A page\n\nwithout a card",
        b"[1, 2]",
        b'{"format": "another"}',
        json.dumps(whole | {"version": 2}).encode(),
        json.dumps(whole | {"record": []}).encode(),
        json.dumps(whole | {"record": {}}).encode(),
        json.dumps(whole | {"record": whole["record"] | {"items": 3}}).encode(),
        json.dumps(whole | {"digest": None}).encode(),
        json.dumps({name: whole[name] for name in ("format", "version", "digest")}).encode(),
        json.dumps(whole).replace("57.3", "NaN").encode(),
        json.dumps(whole).replace("57.3", "1" * 5000).encode(),
        json.dumps(whole).replace("57.3", "[" * 5000 + "]" * 5000).encode(),
    ]
    for data in broken:
        with pytest.raises(InvalidRequest):
            read_card(data)


def test_a_card_that_was_cut_or_turned_anywhere_is_never_taken(card: Card) -> None:
    """Either it is refused, or what was hit is not of the record: words around it, a digest's."""
    drawn = random.Random(3)
    data = render_card(card, CardFormat.JSON).encode()
    for _ in range(300):
        changed = bytearray(data)
        changed[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
        try:
            assert read_card(bytes(changed)).text == card.text
        except InvalidRequest:
            continue
    for cut in range(0, len(data) - 2, 97):
        with pytest.raises(InvalidRequest):
            read_card(data[:cut])


def test_the_picture_is_sound_xml_and_runs_nothing(card: Card) -> None:
    text = render_card(card, CardFormat.SVG)
    root = ET.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "metadata", "style", "rect", "line", "text", "path", "circle"}
    words = " ".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    assert "57.3 tokens/s" in words
    assert "one run" in words
    assert f"hearth evidence replay {card.record.id}" in words
    assert "href" not in text
    assert "\u202e" not in words


def test_the_page_shows_what_it_says_and_no_tags(card: Card) -> None:
    text = render_card(card, CardFormat.MARKDOWN)
    page, fence, _ = text.partition("```json hearth-evidence-card")
    assert fence
    assert "<script>" not in re.sub(r"\\.", "", page)
    assert "\u202e" not in page
    for words in (card.record.digest, "hearth evidence import card.md", PICO.digest, "Test CPU"):
        assert words in page
    assert "| decode | 57.3 tokens/s | 56.8 to 57.9 |" in page
    assert "one run" in page


def test_a_card_with_many_figures_says_how_many_it_leaves_out(database: Database) -> None:
    ledger = Ledger(database)
    many = {f"figure {number}": Figure(value=float(number)) for number in range(40)}
    card = card_of(ledger, ledger.add(draft(summary=many)).id)
    assert "and 28 more figures" in render_card(card, CardFormat.SVG)


def test_a_figure_without_spread_is_drawn(database: Database) -> None:
    ledger = Ledger(database)
    flat = {"zero": Figure(value=0.0, low=0.0, high=0.0)}
    card = card_of(ledger, ledger.add(draft(summary=flat, repeats={"zero": (0.0, 0.0)})).id)
    ET.fromstring(render_card(card, CardFormat.SVG))


def test_files_that_cannot_be_are_explained(card: Card, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"has to end with \.md, \.json, \.svg"):
        export_card(card, tmp_path / "card.png")
    with pytest.raises(SetupError, match="cannot be written"):
        export_card(card, tmp_path / "nowhere" / "card.md")
    with pytest.raises(InvalidRequest, match="cannot be read"):
        load_card(tmp_path / "nothing.md")
    assert list(tmp_path.glob(".*")) == []


def test_no_folder_of_this_machine_is_on_a_card(card: Card) -> None:
    for form in CardFormat:
        text = render_card(card, form)
        assert str(Path.home()) not in text or str(Path.home()) == "/"
        assert str(load_config().home) not in text


def test_a_card_is_of_its_record(card: Card, database: Database) -> None:
    record: Record = Ledger(database).get(card.record.id)
    assert card.record == record
