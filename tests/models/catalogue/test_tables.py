"""The catalogue's own rows: each has a source and a date, and says nothing impossible."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

import pytest

from hearth.errors import InvalidRequest, NotFound
from hearth.models.catalogue import (
    Family,
    Release,
    families,
    family,
    publishers,
    releases,
    select_releases,
    size_class,
    sizes,
)
from hearth.models.catalogue.records import BITS_AT_4_BITS
from hearth.models.gguf.architectures import architectures

TRANSFORMER_PAPER = date(2017, 6, 12)


def test_there_are_enough_rows() -> None:
    assert len(families()) >= 40
    assert len(releases()) >= 200
    assert {release.date.year for release in releases()} >= set(range(2017, 2027))


@pytest.mark.parametrize("release", releases(), ids=lambda release: release.name)
def test_every_release_has_a_source_and_a_plausible_date(release: Release) -> None:
    address = urlsplit(release.source)
    assert address.scheme == "https"
    assert address.path not in ("", "/"), "a page, not the publisher's front door"
    assert TRANSFORMER_PAPER <= release.date.first_day() <= date.today()
    paper = re.fullmatch(r"https://arxiv\.org/abs/(\d{2})(\d{2})\.\d{4,5}", release.source)
    if paper:
        dated = (2000 + int(paper[1]), int(paper[2]))
        assert (release.date.year, release.date.month) == dated
    else:
        assert "arxiv.org" not in release.source


@pytest.mark.parametrize("release", releases(), ids=lambda release: release.name)
def test_every_release_is_within_reason(release: Release) -> None:
    assert all(1_000_000 <= size.total <= 5 * 10**12 for size in release.sizes)
    assert list(release.sizes) == sorted(set(release.sizes), key=lambda size: size.total)
    assert release.context_length is None or 128 <= release.context_length <= 10_000_000
    assert release.weights != "closed" or release.licence is None
    assert len(release.novelty) <= 120


@pytest.mark.parametrize("one", families(), ids=lambda one: one.id)
def test_every_family_is_used_and_named_as_files_name_it(one: Family) -> None:
    assert select_releases(family_name=one.id)
    assert urlsplit(one.source).scheme == "https"
    assert set(one.gguf) <= architectures().known
    assert all(word == word.casefold() for word in one.names)
    assert len(one.about) <= 160


def test_sizes_are_defined_by_the_memory_they_need() -> None:
    assert [one.name for one in sizes()] == ["tiny", "small", "medium", "large", "enterprise"]
    for one in sizes()[:-1]:
        assert one.max_4bit_gb is not None
        assert one.max_parameters is not None
        assert one.max_16bit_gb is not None
        at_4_bits = one.max_parameters * BITS_AT_4_BITS / 8 / 1e9
        assert at_4_bits == pytest.approx(one.max_4bit_gb)
        assert one.max_16bit_gb == pytest.approx(one.max_parameters * 2 / 1e9)
    assert sizes()[-1].max_parameters is None


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (135_000_000, "tiny"),
        (3_200_000_000, "tiny"),
        (8_000_000_000, "small"),
        (32_000_000_000, "medium"),
        (70_000_000_000, "large"),
        (671_000_000_000, "enterprise"),
    ],
)
def test_a_size_has_its_class(parameters: int, name: str) -> None:
    assert size_class(parameters).name == name


def test_a_family_is_found_by_id_and_by_name() -> None:
    assert family("llama") is family("Llama")
    with pytest.raises(NotFound, match="no family 'lama'"):
        family("lama")
    with pytest.raises(NotFound) as caught:
        family("qwe")
    assert caught.value.hint == "Try qwen."


def test_releases_are_selected() -> None:
    of_2023 = select_releases(since="2023", until="2023")
    assert {release.date.year for release in of_2023} == {2023}
    april = select_releases(since="2024-04", until="2024-04-20")
    assert "Llama 3" in [release.name for release in april]
    assert "Snowflake Arctic" not in [release.name for release in april]
    assert {r.weights for r in select_releases(open_only=True)} == {"open"}
    assert {r.publisher for r in select_releases(publisher="mistral")} == {
        "Mistral AI",
        "Mistral AI, NVIDIA",
    }
    assert {r.family for r in select_releases(family_name="Qwen")} == {"qwen"}


def test_selections_that_cannot_be_met_say_so() -> None:
    with pytest.raises(InvalidRequest, match="--since 'spring'"):
        select_releases(since="spring")
    with pytest.raises(InvalidRequest, match="--until '2023-13'"):
        select_releases(until="2023-13")
    with pytest.raises(NotFound, match="No publisher"):
        select_releases(publisher="Nobody & Sons")


def test_publishers_come_by_their_number_of_releases() -> None:
    counts = [sum(r.publisher == name for r in releases()) for name in publishers()]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == len(releases())
