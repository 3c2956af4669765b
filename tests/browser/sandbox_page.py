"""The sandbox page as a person uses it: whose telephone, what is written on it, which key is pressed."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PIN = "47110"
"""Of every coordinator: its page, and a call, ask for it."""
MOST_JUMPS = 40


class SandboxPage:
    """The page, and what somebody does on it who sees nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def party(self, key: str) -> Locator:
        """Somebody's card, opened."""
        card = self.page.locator(f"#party-{key}")
        if card.get_attribute("open") is None:
            card.locator("summary").click()
        return card

    def marks(self, key: str) -> Locator:
        """What the card says while it is closed."""
        return self.page.locator(f"#mark-{key}")

    def screen(self, key: str) -> Locator:
        """The screen of somebody's first telephone."""
        return self.party(key).locator(".screen").first

    def writes(self, key: str, text: str) -> None:
        """Type a text on somebody's first telephone, and send it with the Enter key."""
        box = self.party(key).get_by_placeholder("Write an SMS").first
        box.click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def jumps_until(self, happened: Callable[[], bool]) -> None:
        """Press the button that jumps ahead, again and again."""
        for _ in range(MOST_JUMPS):
            if happened():
                return
            with self.page.expect_response(lambda answer: answer.url.endswith("/time/jump")):
                self.page.get_by_role("button", name="Jump to what comes next").click()
            self.settles()
        raise AssertionError("it did not come to that")

    def settles(self) -> None:
        """Wait until the page shows what the last look found: two looks later."""
        with self.page.expect_event("console", lambda message: message.text == "looked"):
            self.page.evaluate("setTimeout(() => console.log('looked'), 700)")

    def answers(self, key: str) -> str:
        """Pick up a coordinator's first telephone, which asks for the PIN; that PIN."""
        self.party(key).get_by_role("button", name="Answer", exact=True).first.click()
        expect(self.party(key).locator(".heard").first).to_contain_text("PIN")
        return PIN

    def presses(self, key: str, keys: str) -> None:
        """Press keys of somebody's telephone, in a call."""
        for each in keys:
            self.party(key).locator(f'button.key[value="{each}"]').click()

    def says(self, key: str, words: str | re.Pattern[str]) -> None:
        """Expect the closed card to say that."""
        expect(self.marks(key)).to_contain_text(words)
