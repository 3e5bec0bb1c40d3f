"""The hub: which files a repository has and what they must hash to, and a search with filters.

Metadata come through the hub's own client library, so that tokens, renamed repositories and error
codes are understood as it understands them. Bytes do not: see `hearth.models.pull`. The variables
that every program of the hub honours are honoured here: HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE,
HF_HOME, HF_HUB_CACHE.
"""

from hearth.models.hub.client import Hub
from hearth.models.hub.repository import HubFile, HubRepo
from hearth.models.hub.search import SearchFilter, SearchHit, Sort
from hearth.models.hub.settings import HubSettings, hub_settings

__all__ = [
    "Hub",
    "HubFile",
    "HubRepo",
    "HubSettings",
    "SearchFilter",
    "SearchHit",
    "Sort",
    "hub_settings",
]
