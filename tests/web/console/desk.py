"""Somebody at the console: what they were given, and a browser that sends its forms as browsers do."""

import base64
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from httpx2 import Response

from alertnet.flows.credentials.users import Issued, add_user
from alertnet.store.records.credentials.users import Role
from tests.support.client import Client
from tests.web.world import NOW, PUBLIC_URL, World

PASSWORD = "a password for the tests"
HASH = Argon2id(salt=b"salt for testing", length=32, iterations=1, lanes=1, memory_cost=8).derive_phc_encoded(
    PASSWORD.encode()
)
"""As quick as may be: it says itself how it is to be tried."""
ORIGIN = {"Origin": PUBLIC_URL, "Content-Type": "application/x-www-form-urlencoded"}


def code_at(issued: Issued, at: datetime) -> str:
    """What the authenticator shows at that moment."""
    [secret] = parse_qs(urlsplit(issued.authenticator).query)["secret"]
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return totp.generate(int(at.timestamp())).decode()


def browser_at(world: World, address: str) -> Client:
    """A browser without a cookie that comes from that address."""
    browser = Client(world.client.app, base_url=PUBLIC_URL, raise_server_exceptions=False, client=(address, 50_000))
    # Where several ask at once, all do so on one event loop.
    browser.portal = world.client.portal
    return browser


@dataclass
class Desk:
    """A user, and their browser."""

    world: World
    name: str
    issued: Issued
    browser: Client

    @classmethod
    def of(cls, world: World, name: str, role: Role) -> "Desk":
        """A user who was added just now."""
        issued = world.runtime.transact(add_user, name, role, HASH, "test")
        return cls(world, name, issued, browser_at(world, "203.0.113.5"))

    def elsewhere(self, address: str) -> "Desk":
        """The same user at another browser, which comes from that address."""
        return replace(self, browser=browser_at(self.world, address))

    def signs_in(self, *, password: str = PASSWORD, code: str | None = None, then: str = "/desk") -> Response:
        """Fill in the form; the code is that of the moment unless another is given."""
        fields = {"name": self.name, "password": password, "code": code or code_at(self.issued, NOW), "then": then}
        return self.posts("/desk/sign-in", fields)

    def code_after(self, seconds: int) -> str:
        return code_at(self.issued, NOW + timedelta(seconds=seconds))

    def opens(self, path: str) -> "Sheet":
        """The page at that path, which is there."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return Sheet(self, path, answer.text)

    def posts(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Response:
        return self.browser.post(path, content=urlencode(fields), headers=headers or ORIGIN, follow_redirects=False)


@dataclass(frozen=True)
class Sheet:
    """A page as it came."""

    desk: Desk
    path: str
    html: str

    @property
    def text(self) -> str:
        """The words on it, spaced once."""
        reader = _Reader()
        reader.feed(self.html)
        return " ".join(" ".join(reader.words).split())

    def form(self, button: str) -> "Form":
        """The form with that button."""
        for found in re.finditer(r"<form.*?</form>", self.html, re.DOTALL):
            reader = _Reader()
            reader.feed(found[0])
            if button in reader.buttons:
                fields = reader.fields | dict([reader.buttons[button]] if reader.buttons[button][0] else [])
                return Form(self, reader.action or self.path, fields)
        raise AssertionError(f"no button {button!r} on {self.path}: {self.text}")

    def presses(self, button: str, **fields: str) -> Response:
        """Send the form with that button, with those fields filled in."""
        return self.form(button).sent(**fields)


@dataclass(frozen=True)
class Form:
    """A form as the browser would send it."""

    sheet: Sheet
    action: str
    fields: dict[str, str]

    def sent(self, **fields: str) -> Response:
        return self.sheet.desk.posts(self.action, {**self.fields, **fields})


class _Reader(HTMLParser):
    """The words of some HTML, and what its form would send."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str]] = {}
        self.action = ""
        self._button: tuple[str, str] | None = None
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        if tag == "input" and "name" in given and given.get("type") not in ("checkbox", "radio"):
            self.fields[given["name"]] = given.get("value", "")
        if tag == "button":
            self._button, self._label = (given.get("name", ""), given.get("value", "")), ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None:
            self.buttons[" ".join(self._label.split())] = self._button
            self._button = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self._label += data
