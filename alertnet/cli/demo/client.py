"""The demo's client: uses the API with a key, opens pages, and reads codes off the phones."""

import json
import re
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from alertnet.core.codec import value
from alertnet.sandbox import Handset

TIMEOUT_SECONDS = 10

DECISION_CODE = re.compile(r"\bGO (\d{4})\b")
WRITTEN_CODE = re.compile(r"(?<![-+\d])(\d{4})(?!\d)")
LINK = re.compile(r"(http://\S+/a/\w+)")
"""The link to a contact's page, which only an alert has."""


@value
class Api:
    """The API at that address, used with that key."""

    url: str
    key: str

    def get(self, path: str) -> Any:
        """GET a path and read the answer as JSON. Raises OSError where there is no good answer, as `post` does."""
        return self._ask(path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST a body and read the answer as JSON."""
        return self._ask(path, json.dumps(body).encode())

    def _ask(self, path: str, data: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = Request(f"{self.url}{path}", data, headers)  # noqa: S310 - our own address
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own address
            return json.load(answer)


def press_acknowledge(link: str) -> None:
    """Open the page as a browser does, then press its button to acknowledge. Raises OSError where that fails."""
    for form in (None, urlencode({"answer": "acknowledge"}).encode()):
        urlopen(link, form, timeout=TIMEOUT_SECONDS).close()  # noqa: S310 - a link of our own


def newest(handset: Handset, *patterns: re.Pattern[str]) -> str | None:
    """What the last pattern finds in the newest SMS that matches all patterns; None where none does."""
    for text in reversed(handset.inbox):
        found = [pattern.search(text) for pattern in patterns]
        if all(found) and (last := found[-1]):
            return last[1]
    return None
