"""What a person does on the Chat page, as steps for tests in a real browser."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

LENGTH = 24  # tokens of a limited answer


def limit_answers(page: Page, tokens: int = LENGTH) -> None:
    """Set "Longest answer" in the sampling popover, so that a random model comes to an end."""
    set_sampling(page, max_tokens=tokens)


def set_sampling(page: Page, **values: float) -> None:
    """Fill in fields of the sampling popover, by the names of `SamplingParams`."""
    page.locator(".composer [data-panel=sampling]").click()
    for name, value in values.items():
        field = page.locator(f"[data-popover=sampling] input[type=number][data-set={name}]")
        field.fill(str(value))
        field.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("[data-popover=sampling]")).to_be_hidden()


def ask(page: Page, text: str) -> None:
    """Type a message and send it with Enter."""
    box = page.locator("[data-composer]")
    box.click()
    box.type(text)
    box.press("Enter")
    expect(page.locator(".question").last).to_contain_text(text)


def finished(page: Page) -> Locator:
    """Wait until nothing is being written, and return the last answer."""
    expect(page.locator(".send:not(.stop)")).to_be_visible(timeout=60_000)
    answer = page.locator(".answer").last
    expect(answer.locator("[data-do=retry]").first).to_be_attached()
    return answer


def text_of(answer: Locator) -> str:
    """Return an answer's text without its figures and buttons."""
    return answer.locator(".prose").inner_text()


def lengths_while_growing(page: Page, changes: int) -> list[int]:
    """Return the lengths of the last answer as it is seen to change, or fail in a minute."""
    page.wait_for_selector(".answer .prose .block", state="attached")
    return page.evaluate(
        """async (changes) => {
          const seen = [];
          const end = Date.now() + 60000;
          while (seen.length < changes && Date.now() < end) {
            const all = document.querySelectorAll(".answer .prose");
            const length = all[all.length - 1]?.textContent.length ?? 0;
            if (length && length !== seen[seen.length - 1]) seen.push(length);
            await new Promise(requestAnimationFrame);
          }
          if (seen.length < changes) throw new Error(`the text changed ${seen.length} times`);
          return seen;
        }""",
        changes,
    )
