"""Rows that break the rules are refused, with the row and what is allowed there."""

from __future__ import annotations

from datetime import date

import pytest

from hearth.models.catalogue.reading import (
    BadCatalogue,
    read_families,
    read_releases,
    read_sizes,
)
from hearth.models.catalogue.records import Family, ModelSize, ReleaseDate

FAMILY = """
[[family]]
id = "one"
name = "One"
publisher = "Somebody"
about = "The first."
source = "https://example.org/one"
"""
RELEASE = """
[[release]]
date = "2024-02-29"
family = "one"
name = "One 1"
novelty = "All of it."
source = "https://example.org/one-1"
"""
ONE = Family(id="one", name="One", publisher="Somebody", about="The first.", source="https://e.org")


def test_good_rows_are_read() -> None:
    (one,) = read_families(FAMILY + 'licences = ["permissive"]\ngguf = ["llama"]\n')
    assert (one.licences, one.gguf, one.hub) == (("permissive",), ("llama",), ())
    (release,) = read_releases(RELEASE + 'sizes = ["8B", "30B-A3B"]\n', [one])
    assert release.publisher == "Somebody"
    assert release.sizes == (ModelSize(8 * 10**9), ModelSize(30 * 10**9, 3 * 10**9))
    assert release.as_data()["date"] == "2024-02-29"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('licences = ["free"]', "licences.*allowed are permissive"),
        ("licences = []", "empty"),
        ('colour = "red"', "colour"),
        ('id = "two"', "Cannot overwrite"),
    ],
)
def test_bad_families(more: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_families(f"{FAMILY}{more}\n")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("2024-02-29", "2023-02-29", "'One 1'.*day is out of range"),
        ("2024-02-29", "2024-13", "'One 1'.*month must be in"),
        ("2024-02-29", "spring", "'spring' is neither a day"),
        ('"one"', '"other"', "the family 'other' is not in families.toml"),
        ("https://", "http://", "no https address"),
        ("https://example.org/one-1", "", "empty"),
        ("All of it.", "All of it", "full stop"),
        ("novelty", "news", "unexpected keyword argument 'news'"),
        ('date = "2024-02-29"', "", "required.*'date'"),
    ],
)
def test_bad_releases(old: str, new: str, problem: str) -> None:
    with pytest.raises(BadCatalogue, match=problem):
        read_releases(RELEASE.replace(old, new, 1), [ONE])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('sizes = ["8 billion"]', "no size such as"),
        ('sizes = ["3B-A8B"]', "uses more parameters than it has"),
        ("context_length = 0", "not positive"),
        ('weights = "ajar"', "allowed are open, closed"),
    ],
)
def test_bad_facts(line: str, problem: str) -> None:
    with pytest.raises(BadCatalogue, match=problem):
        read_releases(f"{RELEASE}{line}\n", [ONE])


def test_names_are_unique() -> None:
    with pytest.raises(BadCatalogue, match="One 1 is there more than once"):
        read_releases(RELEASE + RELEASE, [ONE])
    with pytest.raises(BadCatalogue, match="one is there more than once"):
        read_families(FAMILY + FAMILY)


def test_other_tables_are_refused() -> None:
    with pytest.raises(BadCatalogue, match=r"only \[\[family\]\] rows"):
        read_families(FAMILY + RELEASE)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [((8, 2, None), "larger than the one before"), ((2, 8), "no limit"), ((None, 2, None), "no l")],
)
def test_classes_of_size_grow_and_the_last_is_open(
    limits: tuple[int | None, ...], problem: str
) -> None:
    rows = [
        f'[[size]]\nname = "{number}"\nmachine = "any"\n'
        + (f"max_4bit_gb = {limit}\n" if limit else "")
        for number, limit in enumerate(limits)
    ]
    with pytest.raises(BadCatalogue, match=problem):
        read_sizes("".join(rows))


@pytest.mark.parametrize("text", ["2017-06-12", "2024-02"])
def test_dates_keep_what_is_known(text: str) -> None:
    assert str(ReleaseDate.parse(text)) == text


def test_a_month_begins_on_its_first_day() -> None:
    assert ReleaseDate.parse("2024-02").first_day() == date(2024, 2, 1)


@pytest.mark.parametrize("text", ["135M", "1.5B", "2.8T", "46.7B-A12.9B", "3B-A800M"])
def test_sizes_are_written_as_they_are_read(text: str) -> None:
    assert str(ModelSize.parse(text)) == text
