"""Only what the provider has signed is listened to (docs of the provider: webhooks security)."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from alertnet.store.tables import acknowledgements, inbound
from tests.conftest import Logged
from tests.web.world import ACCOUNT, BOB, OLD_TOKEN, PUBLIC_URL, TOKEN, World, world_in

SMS: dict[str, Any] = {"MessageSid": "SM" + 8 * "a1b2", "From": BOB, "To": "+15005550006", "Body": "hello"}


def signature(url: str, fields: list[tuple[str, str]], token: str = TOKEN) -> dict[str, str]:
    value = RequestValidator(token).compute_signature(url, ImmutableMultiDict(fields))
    return {"X-Twilio-Signature": value, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN], ids=["the first", "the second, while they rotate"])
def test_either_token_is_good(world: World, token: str) -> None:
    assert world.post("/twilio/sms", token=token, **SMS).status_code == 200


def test_another_token_is_refused(world: World) -> None:
    answer = world.post("/twilio/sms", token="guessed", **SMS)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.rows(inbound) == []


def test_no_signature_is_refused(world: World) -> None:
    answer = world.client.post("/twilio/sms", data={"AccountSid": ACCOUNT, **SMS})

    assert answer.status_code == 403


def test_what_nobody_has_signed_is_logged_once_a_minute_for_each_reason(world: World, logged: Logged) -> None:
    """B9: else whoever has no account fills the disk, or leaves nothing else in a log of limited length."""
    for _ in range(20):
        world.client.post("/twilio/sms", data={"AccountSid": ACCOUNT, **SMS})
        world.client.post("/twilio/sms", data={"AccountSid": "AC" + "9" * 32, **SMS})
    vars(world.runtime)["clock"].forward(seconds=61)
    world.client.post("/twilio/sms", data={"AccountSid": ACCOUNT, **SMS})

    said = [line for line in logged() if "webhook_refused" in line]

    assert [re.findall(r"wrong signature|another account", line) for line in said] == [
        ["wrong signature"],
        ["another account"],
        ["wrong signature"],
    ]
    assert re.search(r"times\W+20\b", said[2])


def test_the_log_says_what_to_look_at_and_whoever_asked_is_not_told(world: World, logged: Logged) -> None:
    """Behind a front of another name, port or scheme every webhook is refused."""
    fields = [("AccountSid", ACCOUNT), *SMS.items()]
    headers = signature("http://alert.example:8000/twilio/sms", fields)

    answer = world.client.post("/twilio/sms", data=dict(fields), headers=headers)

    [said] = [line for line in logged() if "webhook_refused" in line]
    assert f"{PUBLIC_URL}/twilio/sms" in said
    assert "ALERTNET_PUBLIC_URL" in said
    assert (answer.status_code, "wrong signature" in answer.text) == (403, True)
    assert not [each for each in ("ALERTNET", PUBLIC_URL) if each in answer.text]


def test_what_the_provider_adds_is_taken_by_whatever_name(world: World) -> None:
    """Beside keys it says `msg`, and new fields come without notice; each one refused would be an alarm unheard."""
    assert world.post("/twilio/sms", **SMS, msg="", direction="inbound", body_2="", ZNew="").status_code == 200


def test_another_account_is_refused(world: World) -> None:
    """A signature of a subaccount whose token is the same."""
    assert world.post("/twilio/sms", **{**SMS, "AccountSid": "AC" + "9" * 32}).status_code == 403


@pytest.mark.parametrize("sid", ["AC" + "2" * 32, ACCOUNT], ids=["another account", "another region of the first"])
def test_what_a_second_provider_has_signed_is_good(tmp_path: Path, sid: str) -> None:
    """Its callbacks and messages come in like those of the first, each signed with the token of its account."""
    second = {"TWILIO_2_ACCOUNT_SID": sid, "TWILIO_2_AUTH_TOKEN": "second", "ALERTNET_TWILIO_2_FROM": "+15005550016"}
    with world_in(tmp_path, **second) as world:
        assert world.post("/twilio/sms", token="second", **SMS, AccountSid=sid).status_code == 200
        assert world.post("/twilio/sms", token=TOKEN, **{**SMS, "MessageSid": "SM2"}).status_code == 200


def test_the_token_of_one_account_is_none_of_another(tmp_path: Path) -> None:
    sid = "AC" + "2" * 32
    second = {"TWILIO_2_ACCOUNT_SID": sid, "TWILIO_2_AUTH_TOKEN": "second", "ALERTNET_TWILIO_2_FROM": "+15005550016"}
    with world_in(tmp_path, **second) as world:
        assert world.post("/twilio/sms", token=TOKEN, **SMS, AccountSid=sid).status_code == 403
        assert world.post("/twilio/sms", token="second", **SMS).status_code == 403


def test_one_changed_field_is_refused(world: World) -> None:
    fields = [("AccountSid", ACCOUNT), *SMS.items()]
    headers = signature(f"{PUBLIC_URL}/twilio/sms", fields)

    answer = world.client.post("/twilio/sms", data={**dict(fields), "Body": "4711"}, headers=headers)

    assert answer.status_code == 403


def test_a_signature_of_another_path_is_refused(world: World) -> None:
    """Else the record of one call would be good for every other."""
    fields = [("AccountSid", ACCOUNT), *SMS.items()]
    headers = signature(f"{PUBLIC_URL}/twilio/voice", fields)

    assert world.client.post("/twilio/sms", data=dict(fields), headers=headers).status_code == 403


def test_the_query_is_signed_too(world: World) -> None:
    fields = [("AccountSid", ACCOUNT), ("CallSid", "CA1")]
    headers = signature(f"{PUBLIC_URL}/twilio/voice/f/keypad?try=3", fields)

    answer = world.client.post("/twilio/voice/f/keypad?try=1", data=dict(fields), headers=headers)

    assert answer.status_code == 403


def test_the_public_url_counts_and_not_the_host_header(world: World) -> None:
    """A proxy changes the host, and anybody can send one."""
    assert world.post("/twilio/sms", headers={"Host": "10.0.0.7:8000"}, **SMS).status_code == 200


def test_a_host_header_lends_no_credit(world: World) -> None:
    fields = [("AccountSid", ACCOUNT), *SMS.items()]
    headers = signature("https://evil.example/twilio/sms", fields) | {"Host": "evil.example"}

    assert world.client.post("/twilio/sms", data=dict(fields), headers=headers).status_code == 403


def test_blank_fields_are_signed_fields(world: World) -> None:
    assert world.post("/twilio/sms", **SMS, FromCity="", FromState="").status_code == 200


def test_repeated_fields_are_all_signed(world: World) -> None:
    fields = [("AccountSid", ACCOUNT), *SMS.items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")]
    headers = signature(f"{PUBLIC_URL}/twilio/sms", fields)
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields)

    assert world.client.post("/twilio/sms", content=body, headers=headers).status_code == 200


def test_a_shared_key_is_refused_and_never_replaced_by_the_token(world: World) -> None:
    """The header says that another secret signed it; we were given none."""
    settings = {"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}

    assert world.post("/twilio/sms", headers=settings, **SMS).status_code == 403


def test_a_json_body_is_refused(world: World) -> None:
    """What the validator is given is a form, whatever the hash in the query says."""
    body = json.dumps({"AccountSid": ACCOUNT})
    path = f"/twilio/sms?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = signature(PUBLIC_URL + path, []) | {"Content-Type": "application/json"}

    assert world.client.post(path, content=body, headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_only_posts_are_taken(world: World, method: str) -> None:
    assert world.client.request(method, "/twilio/sms").status_code == 405


def test_a_body_without_end_is_refused(world: World) -> None:
    assert world.client.post("/twilio/sms", content=b"a=" + b"x" * 100_000).status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe\x00=%ff", b"&&&===&", b"%zz=%", b""])
def test_bytes_that_are_no_form_are_refused(world: World, body: bytes) -> None:
    answer = world.client.post("/twilio/sms", content=body, headers={b"X-Twilio-Signature": b"\xe9"})

    assert answer.status_code == 403


def test_without_a_token_everything_is_refused(tmp_path: Path) -> None:
    """An empty token is no secret, and anybody can sign with it."""
    with world_in(tmp_path, TWILIO_AUTH_TOKEN="") as world:
        assert world.post("/twilio/sms", token="", **SMS).status_code == 403


def test_a_signature_is_good_for_ever_and_its_text_counts_once(world: World) -> None:
    """A1: there is no date in a signature, so replaying it has the effect of the first time."""
    world.raises()
    code = world.written_code("bob")

    first, second = world.texts(BOB, code), world.texts(BOB, code)

    assert first.text == second.text
    assert len(world.rows(acknowledgements)) == 1
