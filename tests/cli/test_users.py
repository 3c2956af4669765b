"""`users`: who may sign in to the console; what they need for it is printed once, and in no database."""

import io
import sys

import pytest

from alertnet.cli.admin.users import _print
from alertnet.flows.credentials.qr_code import in_terminal
from alertnet.flows.credentials.users import Issued, is_password, sign_in
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role, User
from tests.cli.conftest import Office

CHOSEN = "correct horse battery staple"


def user(runtime: Runtime, name: str) -> User:
    found = runtime.read(users.named, name)
    assert found is not None
    return found


def given(out: str) -> dict[str, list[str]]:
    """What was printed, by what it is."""
    rows = [line.split("  ", 1) for line in out.splitlines()]
    return {what: [row[1].strip() for row in rows if row[0] == what] for what, _ in rows}


def test_the_first_user_is_an_administrator_and_gets_all_that_lets_them_in(office: Office, runtime: Runtime) -> None:
    said = office.types("users", "add", "maria")

    printed = given(said.out)
    assert said.code == 0, said.err
    assert said.err == "maria may sign in at https://alarm.example.org/desk, as administrator.\n"
    assert printed["authenticator"][0].startswith("otpauth://totp/alertnet:maria?")
    assert len(set(printed["recovery code"])) == 8
    assert user(runtime, "maria").role is Role.ADMINISTRATOR
    assert is_password(printed["password"][0], user(runtime, "maria").password)
    assert runtime.transact(sign_in, "maria", "203.0.113.5", printed["recovery code"][0])


class Screen(io.StringIO):
    """A terminal that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_a_screen_shows_the_address_for_the_camera_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most such apps take a picture, and no address. What a script reads stays as it is."""
    address = "otpauth://totp/alertnet:maria?secret=A"
    screen, lines = Screen(), Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", lines)

    _print("maria", None, Issued(address, ()))

    assert in_terminal(address) in screen.getvalue()
    assert given(lines.getvalue()) == {"user": ["maria"], "authenticator": [address]}


def test_a_password_of_ones_own_is_read_and_not_printed(office: Office, runtime: Runtime) -> None:
    said = office.types("users", "add", "ben", "--role", "coordinator", "--password", "-", keyboard=f"{CHOSEN}\n")

    assert said.code == 0, said.err
    assert CHOSEN not in said.out + said.err
    assert user(runtime, "ben").role is Role.COORDINATOR
    assert is_password(CHOSEN, user(runtime, "ben").password)


@pytest.mark.parametrize(
    ("words", "keyboard", "named"),
    [
        (["ben", "--role", "boss"], "", "observer, coordinator, administrator"),
        (["Ben Example"], "", "small letters"),
        (["ben", "--password", "-"], "short\n", "12 to 256 characters"),
        (["ben", "--password", CHOSEN], "", "command line"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    office: Office, runtime: Runtime, words: list[str], keyboard: str, named: str
) -> None:
    err = office.refused("users", "add", *words, keyboard=keyboard)

    assert named in err
    assert CHOSEN not in err


def test_a_name_is_given_once(office: Office, runtime: Runtime) -> None:
    """Whatever stands on the record by a name is of one person."""
    office.types("users", "add", "maria")
    office.types("users", "end", "maria", "--last")

    err = office.refused("users", "add", "maria")

    assert "user maria is ended" in err


def test_whoever_lost_what_they_had_gets_it_anew(office: Office, runtime: Runtime) -> None:
    before = given(office.types("users", "add", "maria").out)
    after = given(office.types("users", "renew", "maria").out)

    old, new = before["recovery code"][0], after["recovery code"][0]
    assert runtime.transact(sign_in, "maria", "203.0.113.5", old) is None
    assert runtime.transact(sign_in, "maria", "203.0.113.5", new) is not None
    assert is_password(after["password"][0], user(runtime, "maria").password)


def test_users_are_listed_and_signed_out(office: Office, runtime: Runtime) -> None:
    office.types("users", "add", "maria")
    token = runtime.transact(lambda tx: users.begin_session(tx, _named(tx, "maria")))

    assert "administrator" in office.types("users", "list").out
    assert "signed in 1 times" in office.types("users", "sign-out", "maria").out
    assert runtime.read(users.signed_in, token) is None
    assert office.types("users", "end", "nobody").code == 2


def _named(tx: Tx, name: str) -> User:
    found = users.named(tx, name)
    assert found is not None
    return found


def test_the_only_administrator_is_ended_by_a_word_of_its_own(office: Office, runtime: Runtime) -> None:
    """Nobody could add a user on a page any more, nor end one who must be kept out."""
    office.types("users", "add", "maria")
    office.types("users", "add", "ben", "--role", "administrator")
    ended = office.types("users", "end", "ben")

    refused = office.types("users", "end", "maria")

    assert ended.code == 0
    assert (refused.code, user(runtime, "maria").ended_at) == (2, None)
    assert "user maria is the only administrator: make another one first, or add --last" in refused.err
    assert office.types("users", "end", "maria", "--last").code == 0
    assert user(runtime, "maria").ended_at


def test_a_role_is_given_from_the_command_line_too(office: Office, runtime: Runtime) -> None:
    """Whoever is the last administrator can't do it to themselves on the page, and here by a word of its own."""
    office.types("users", "add", "maria")

    refused = office.types("users", "role", "maria", "observer")

    assert (refused.code, user(runtime, "maria").role) == (2, Role.ADMINISTRATOR)
    assert "user maria is the only administrator: make another one first, or add --last" in refused.err
    assert office.types("users", "role", "maria", "observer", "--last").code == 0
    assert user(runtime, "maria").role is Role.OBSERVER
    assert "observer, coordinator, administrator" in office.types("users", "role", "maria", "boss").err
