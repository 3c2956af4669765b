"""Passkeys in place of one-time codes: made by who is signed in, good for this site alone, each answer once."""

import pytest
from httpx2 import Response

from alertnet.flows.credentials.passkeys import LASTS, draw_challenge
from alertnet.flows.credentials.users import renew_user
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.tables import limit_usage
from tests.web.console.desk import HASH, PASSWORD, Desk, Sheet
from tests.web.console.device import Device
from tests.web.console.test_sign_in import is_in, kinds
from tests.web.world import NOW, PUBLIC_URL, World

EVIL = "https://evil.example"


def challenge(desk: Desk) -> str:
    return desk.browser.get("/desk/challenge").text


def adds(desk: Desk, device: Device, name: str = "my phone", **answer: str) -> Response:
    """Press the button on the page of the account, and let the device answer."""
    form = desk.opens("/desk/account").form("Add a passkey")
    asked = form.sent(name=name, passkey=device.makes(challenge(desk), **answer))
    return Sheet(desk, form.action, asked.text).presses("It is me, go on", password=PASSWORD)


def enters(desk: Desk, passkey: str, password: str = PASSWORD) -> Response:
    desk.browser.cookies.clear()
    return desk.posts("/desk/sign-in", {"name": desk.name, "password": password, "code": "", "passkey": passkey})


@pytest.fixture
def phone(desk: Desk) -> Device:
    """Maria's telephone, which has a passkey of hers."""
    device = Device(PUBLIC_URL)
    assert adds(desk, device).headers["Location"] == "/desk/account"
    return device


def test_a_passkey_stands_for_the_code_as_often_as_it_is_asked(world: World, desk: Desk, phone: Device) -> None:
    """Made and used stand on the record; the authenticator's code still does as well."""
    assert "my phone" in desk.opens("/desk/account").text

    assert [enters(desk, phone.proves(challenge(desk))).status_code for _ in range(2)] == [303, 303]

    assert is_in(desk) is True
    assert kinds(world) == ["user_added", "user_signed_in", "user_passkey_added", *["user_signed_in"] * 2]
    assert desk.signs_in(code=desk.code_after(30)).status_code == 303


def test_a_passkey_without_the_password_is_nothing(desk: Desk, phone: Device) -> None:
    """Who takes the telephone out of a hand has one half."""
    assert enters(desk, phone.proves(challenge(desk)), password="another password").status_code == 403
    assert enters(desk, phone.proves(challenge(desk))).status_code == 303


def test_an_answer_of_the_device_counts_once(desk: Desk, phone: Device) -> None:
    answer = phone.proves(challenge(desk))

    assert [enters(desk, answer).status_code for _ in range(2)] == [303, 403]


def test_a_key_whose_count_does_not_grow_was_copied_and_is_refused(world: World, desk: Desk) -> None:
    """It stands on the record; the device that has counted on is let in still."""
    key = Device(PUBLIC_URL, count=7)
    adds(desk, key)

    answers = []
    for key.count in (7, 8, 8, 0, 9):
        answers.append(enters(desk, key.proves(challenge(desk))).status_code)

    assert answers == [403, 303, 403, 403, 303]
    refused, entered = "user_passkey_refused", "user_signed_in"
    assert kinds(world)[3:] == [refused, entered, refused, refused, entered]


def test_what_is_not_of_this_site_this_device_or_this_hour_is_turned_away(
    world: World, desk: Desk, phone: Device
) -> None:
    """A page that looks like ours gets nothing that is good here (phishing)."""
    ours = world.runtime
    old = draw_challenge(ours.vault, ours.entropy, NOW - 2 * LASTS)
    fresh = challenge(desk)
    elsewhere = Device(EVIL, phone.key, phone.id)
    forged = [
        phone.proves(fresh, origin=EVIL),
        elsewhere.proves(fresh),
        elsewhere.proves(fresh, origin=PUBLIC_URL),
        Device(PUBLIC_URL).proves(fresh),
        Device(PUBLIC_URL, id=phone.id).proves(fresh),
        phone.proves(old),
        phone.proves(f"{int(NOW.timestamp()) + 60}.00.{'0' * 32}"),
        phone.proves("x"),
        phone.makes(fresh),
        "{}",
        "[]",
        "x" * 5000,
    ]

    for answer in forged:
        world.runtime.transact(_forget_tries)
        assert enters(desk, answer).status_code == 403, answer

    world.runtime.transact(_forget_tries)
    assert enters(desk, phone.proves(fresh)).status_code == 303


def _forget_tries(tx: Tx) -> None:
    tx.session.execute(limit_usage.delete())


@pytest.mark.parametrize(("name", "origin"), [("", ""), ("x" * 41, ""), ("my phone", ""), ("other", EVIL)])
def test_what_cannot_be_a_passkey_is_refused(world: World, desk: Desk, phone: Device, name: str, origin: str) -> None:
    assert adds(desk, Device(PUBLIC_URL), name, origin=origin).status_code == 422

    known = world.runtime.read(users.named, "maria")
    assert known is not None
    assert [each.name for each in known.passkeys] == ["my phone"]


def test_one_that_was_removed_or_renewed_away_opens_nothing(world: World, desk: Desk, phone: Device) -> None:
    """A telephone was lost."""
    key = Device(PUBLIC_URL)
    adds(desk, key, "key")
    desk.opens("/desk/account").presses("Remove my phone")
    assert enters(desk, phone.proves(challenge(desk))).status_code == 403
    assert enters(desk, key.proves(challenge(desk))).status_code == 303

    desk.issued = world.runtime.transact(renew_user, "maria", HASH, "test")

    assert enters(desk, key.proves(challenge(desk))).status_code == 403
    assert desk.signs_in().status_code == 303
