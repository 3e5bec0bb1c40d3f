"""Fixtures of the chat's tests."""

from __future__ import annotations

import pytest

from hearth.store.conversations import Conversations
from support.talk import SETTINGS


@pytest.fixture
def talk(conversations: Conversations) -> str:
    """The id of an empty conversation."""
    return conversations.create(SETTINGS).id
