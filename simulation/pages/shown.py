"""What a page shows to press, read from its HTML as a browser does: buttons, and the fields that go with each."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


@dataclass
class Shown:
    """A form: what it sends anyway, what can be typed or chosen in it, and its buttons."""

    hidden: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    chosen: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    """The values of its buttons; an empty one only sends what was typed."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Shown] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Shown())
        elif tag == "input" and given.get("type") == "hidden":
            self.forms[-1].hidden[given["name"]] = given["value"]
        elif tag == "input":
            self.forms[-1].typed.append(given["name"])
        elif tag == "select":
            self._select = given["name"]
            self.forms[-1].chosen[self._select] = []
        elif tag == "option" and given["value"]:
            self.forms[-1].chosen[self._select].append(given["value"])
        elif tag == "button" and "disabled" not in given and given.get("class") != "unseen":
            self.forms[-1].buttons.append(given.get("value", ""))


def forms_of(html: str) -> list[Shown]:
    """The forms of a page that can be sent: they have a button, and something to choose in each list."""
    reader = _Reader()
    reader.feed(html)
    return [each for each in reader.forms if each.buttons and all(each.chosen.values())]
