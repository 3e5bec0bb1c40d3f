"""The page's border: whatever a browser sends, the page answers and goes on."""

from __future__ import annotations

import pytest

from hearth.errors import HearthError, InvalidRequest, NotFound
from hearth.web.commands import MAX_COMMAND_CHARS, Command, Commands, check_command, number


class Page:
    """Collects what the border shows."""

    def __init__(self) -> None:
        self.errors: list[HearthError] = []
        self.seen: list[Command] = []
        self.commands = Commands(self.errors.append)
        self.commands.register({"ask": self.ask, "miss": self.miss, "break": self.break_})

    async def ask(self, command: Command) -> None:
        self.seen.append(command)

    async def miss(self, command: Command) -> None:
        raise NotFound("There is no such thing.")

    async def break_(self, command: Command) -> None:
        raise ZeroDivisionError


@pytest.fixture
def page() -> Page:
    return Page()


async def test_a_command_finds_its_handler(page: Page) -> None:
    await page.commands.run({"do": "ask", "text": "x"})
    assert page.seen == [{"do": "ask", "text": "x"}]
    assert not page.errors


async def test_an_error_of_hearth_is_shown_as_it_is(page: Page) -> None:
    await page.commands.run({"do": "miss"})
    assert page.errors[0].message == "There is no such thing."


async def test_an_unexpected_failure_is_logged_and_does_not_leak(
    page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    await page.commands.run({"do": "break"})
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivision" not in page.errors[0].message


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "text",
        [],
        {},
        {"do": "unknown"},
        {"do": 1},
        {"do": "ask", "nested": {"a": "b"}},
        {"do": "ask", "text": "x" * (MAX_COMMAND_CHARS + 1)},
    ],
)
async def test_what_is_no_command_is_refused(page: Page, payload: object) -> None:
    await page.commands.run(payload)
    assert isinstance(page.errors[0], InvalidRequest)
    assert not page.seen


def test_a_name_is_registered_once(page: Page) -> None:
    with pytest.raises(ValueError, match="ask"):
        page.commands.register({"ask": page.ask})


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e3"])
def test_a_number_must_be_one(text: str) -> None:
    with pytest.raises(InvalidRequest):
        number(check_command({"id": text}), "id")
