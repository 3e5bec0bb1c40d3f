"""Which families of language models there are, what they released when, and how large is large.

Three tables, each row with its source: `families.toml`, `releases.toml` and `sizes.toml`.
"""

from hearth.models.catalogue.lineage import FamilyMatch, family_of, match_family
from hearth.models.catalogue.records import Family, ModelSize, Release, ReleaseDate, SizeClass
from hearth.models.catalogue.tables import (
    families,
    family,
    publishers,
    releases,
    select_releases,
    size_class,
    sizes,
)

__all__ = [
    "Family",
    "FamilyMatch",
    "ModelSize",
    "Release",
    "ReleaseDate",
    "SizeClass",
    "families",
    "family",
    "family_of",
    "match_family",
    "publishers",
    "releases",
    "select_releases",
    "size_class",
    "sizes",
]
