"""A page of HTML as a browser takes it in."""

from html.parser import HTMLParser


class Elements(HTMLParser):
    """The tags of a page with their attributes, and its buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]

    @property
    def answers(self) -> list[str | None]:
        return [attrs["value"] for attrs in self.all("button") if attrs.get("name") == "answer"]
