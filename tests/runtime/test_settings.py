"""Settings: every fault at once, by name, and never a secret in it."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from alertnet.core.delivery.provider_routes import ANY_NUMBER, MAIL, Routing
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Misconfigured
from alertnet.runtime.settings.setting_types import MailServer, Rates
from alertnet.runtime.settings.settings import EXAMPLES, NAMES, examine, missing_for, misspelt, read_settings

KEY = "a secret for the tests alone of no use elsewhere"
LEAST = {"ALERTNET_SECRET_KEY": KEY}
WHOLE = {
    "ALERTNET_SECRET_KEY": f"{KEY}, {KEY[::-1]}",
    "ALERTNET_DATABASE_URL": "postgresql+psycopg://alertnet:hunter2@db/alertnet",
    "ALERTNET_PUBLIC_URL": "https://alert.example.org/",
    "ALERTNET_CONTACT_TREES": "trees",
    "ALERTNET_MESSAGE_TEMPLATES": "templates",
    "ALERTNET_SMTP_URL": "smtp://al%40rt:hunt%2Fer@mail.example.org:25?from=alert@example.org",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "new,old",
    "ALERTNET_TWILIO_FROM": "+573005550101, +573005550102",
    "ALERTNET_TWILIO_API_URL": "http://127.0.0.1:8700",
    "ALERTNET_RATES": "sms=0, calls=2.5",
    "ALERTNET_HEARTBEAT_URL": "https://watch.example.org/ping?key=hunter2",
    "ALERTNET_TRUSTED_PROXIES": "192.0.2.7, 10.1.0.0/16,2001:db8::/48",
}


def faults_of(env: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(Misconfigured) as caught:
        read_settings(env)
    return caught.value.faults


def test_the_secret_key_alone_is_enough() -> None:
    settings = read_settings(LEAST)

    assert settings.database_url.get_secret_value() == "sqlite:///alertnet.db"
    assert (settings.contact_trees, settings.message_templates) == (Path("contact_trees"), Path("message_templates"))
    assert settings.twilio_api_url == "https://api.twilio.com"
    assert settings.rates == Rates(sms=1, calls=1)


def test_trees_of_the_example_are_told_from_a_folder_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not read_settings(LEAST).trees_are_examples, "the working folder has its own"
    monkeypatch.chdir(tmp_path)

    by_default = read_settings(LEAST)
    named = read_settings(LEAST | {"ALERTNET_CONTACT_TREES": str(by_default.contact_trees)})

    assert (by_default.trees_are_examples, named.trees_are_examples) == (True, False)
    assert by_default.contact_trees == named.contact_trees


def test_every_setting_is_read() -> None:
    settings = read_settings(WHOLE)

    assert [key.get_secret_value() for key in settings.secret_keys] == [KEY, KEY[::-1]]
    assert settings.public_url == "https://alert.example.org"
    assert [token.get_secret_value() for token in settings.twilio_auth_tokens] == ["new", "old"]
    assert settings.twilio_from == ("+573005550101", "+573005550102")
    assert settings.rates == Rates(sms=0, calls=2.5)


def test_the_mail_server_comes_in_its_parts() -> None:
    smtp = read_settings(WHOLE).smtp

    assert smtp is not None
    assert smtp.password is not None
    assert smtp.password.get_secret_value() == "hunt/er"
    assert (smtp.host, smtp.port, smtp.sender, smtp.user) == ("mail.example.org", 25, "alert@example.org", "al@rt")


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("imaps://al%40rt:hunt%2Fer@mail.example.org", ("mail.example.org", 993, "al@rt", "hunt/er", "INBOX", False)),
        ("imaps://a:b@mail.example.org:1993/Alarm%20box", ("mail.example.org", 1993, "a", "b", "Alarm box", False)),
        ("imap://a:b@127.0.0.1:143", ("127.0.0.1", 143, "a", "b", "INBOX", True)),
    ],
)
def test_a_mailbox_has_its_parts(url: str, account: tuple[object, ...]) -> None:
    box = read_settings({**WHOLE, "ALERTNET_IMAP_URL": url}).mailbox

    assert box is not None
    secret = box.password.get_secret_value()
    assert (box.host, box.port, box.user, secret, box.folder, box.is_plain) == account


SECOND = {
    "TWILIO_2_ACCOUNT_SID": "AC2",
    "TWILIO_2_AUTH_TOKEN": "hunter2",
    "ALERTNET_TWILIO_2_FROM": "+13025550100",
    "ALERTNET_SMTP_2_URL": "smtp://relay.example.org?from=alert@example.org",
}


def test_a_second_provider_is_read_like_the_first() -> None:
    settings = read_settings({**WHOLE, **SECOND, "ALERTNET_ROUTES": "+57=2,1 mail=2 *=1,2"})

    assert {provider: account.sid for provider, account in settings.telephones.items()} == {
        "1": WHOLE["TWILIO_ACCOUNT_SID"],
        "2": "AC2",
    }
    assert settings.telephones["2"].api_url == "https://api.twilio.com"
    assert {provider: relay.host for provider, relay in settings.relays.items()} == {
        "1": "mail.example.org",
        "2": "relay.example.org",
    }
    assert settings.routing == Routing({"+57": ("2", "1"), MAIL: ("2",), ANY_NUMBER: ("1", "2")})


def test_half_a_second_provider_is_a_fault() -> None:
    """Whoever has begun to set it up must not believe that it is there."""
    faults = faults_of({**WHOLE, "ALERTNET_TWILIO_2_API_URL": "https://api.example.org", "ALERTNET_ROUTES": "*=1,2"})

    assert faults == (
        "TWILIO_2_ACCOUNT_SID: missing (ALERTNET_TWILIO_2_API_URL is set)",
        "TWILIO_2_AUTH_TOKEN: missing (ALERTNET_TWILIO_2_API_URL is set)",
        "ALERTNET_TWILIO_2_FROM: missing (ALERTNET_TWILIO_2_API_URL is set)",
        "ALERTNET_ROUTES: '*=1,2' is not allowed (allowed: provider 1, while TWILIO_2_ACCOUNT_SID is not set)",
    )


def test_half_a_sign_in_provider_is_a_fault() -> None:
    """Users are told of it where they sign in: it is there, or the start says what it lacks."""
    begun = {"ALERTNET_OIDC_ISSUER": "https://id.example.net/", "ALERTNET_OIDC_CLIENT_ID": "alertnet"}
    without_url = {name: text for name, text in WHOLE.items() if name != "ALERTNET_PUBLIC_URL"}
    whole = {**begun, "ALERTNET_OIDC_CLIENT_SECRET": "of theirs"}

    known = read_settings({**WHOLE, **whole}).openid

    assert known is not None
    assert (known.issuer, known.id) == ("https://id.example.net", "alertnet")
    told = "ALERTNET_OIDC_ISSUER, ALERTNET_OIDC_CLIENT_ID is set"
    assert faults_of({**WHOLE, **begun}) == (f"ALERTNET_OIDC_CLIENT_SECRET: missing ({told})",)
    [fault] = faults_of({**without_url, **whole})
    assert fault.startswith("ALERTNET_PUBLIC_URL: missing (ALERTNET_OIDC_ISSUER")
    assert read_settings(WHOLE).openid is None


@pytest.mark.parametrize(
    ("route", "variable"), [("+57=2", "TWILIO_2_ACCOUNT_SID"), ("mail=2,1", "ALERTNET_SMTP_2_URL")]
)
def test_a_route_to_nobody_is_a_fault(route: str, variable: str) -> None:
    (fault,) = faults_of({**WHOLE, "ALERTNET_ROUTES": route})

    assert fault == f"ALERTNET_ROUTES: {route!r} is not allowed (allowed: provider 1, while {variable} is not set)"


def test_a_line_to_the_server_itself_stands_beside_a_pooler_alone() -> None:
    direct = {"ALERTNET_LISTEN_URL": "postgresql://alertnet:hunter2@db/alertnet"}

    settings = read_settings(WHOLE | direct)

    assert settings.listen_url is not None
    assert settings.listen_url.get_secret_value() == direct["ALERTNET_LISTEN_URL"]
    assert faults_of(LEAST | direct) == (
        "ALERTNET_LISTEN_URL: set beside a database that is a file (allowed: beside a pooler of PostgreSQL)",
    )


def test_a_mail_server_without_a_user_is_not_logged_in_to() -> None:
    smtp = read_settings({**LEAST, "ALERTNET_SMTP_URL": "smtp://localhost?from=alert@example.org"}).smtp

    assert smtp == MailServer("localhost", 587, "alert@example.org", None, None, False)


@pytest.mark.parametrize(
    ("url", "port", "tls_at_once"),
    [
        ("smtp://mail.example.org?from=a@b.example", 587, False),
        ("smtp://mail.example.org:25?from=a@b.example", 25, False),
        ("smtp://mail.example.org:465?from=a@b.example", 465, True),
        ("smtps://mail.example.org?from=a@b.example", 465, True),
        ("smtps://mail.example.org:2465?from=a@b.example", 2465, True),
    ],
)
def test_a_mail_server_speaks_tls_at_once_where_its_url_says_so(url: str, port: int, tls_at_once: bool) -> None:
    """Many relays are only there on port 465."""
    smtp = read_settings({**LEAST, "ALERTNET_SMTP_URL": url}).smtp
    assert smtp is not None
    assert (smtp.port, smtp.tls_at_once) == (port, tls_at_once)


@pytest.mark.parametrize("sign", "@:/#?%")
def test_a_fault_of_the_mail_server_says_how_any_sign_of_a_password_is_written(sign: str) -> None:
    """A provider draws the password; whoever types it in as it is reads what to type instead."""
    (fault,) = faults_of({**WHOLE, "ALERTNET_SMTP_URL": "smtp://user:hun/t#er@mail.example.org?from=a@b.example"})
    (written,) = re.findall(rf"(%\w\w) for {re.escape(sign)}[,;]", fault)

    smtp = read_settings(
        {**WHOLE, "ALERTNET_SMTP_URL": f"smtp://user:a{written}b@mail.example.org?from=a@b.example"}
    ).smtp

    assert smtp is not None
    assert smtp.password == SecretStr(f"a{sign}b")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERTNET_DATABASE_URL", "mysql://hunter2@db/alertnet"),
        ("ALERTNET_DATABASE_URL", "sqlite://"),
        ("ALERTNET_LISTEN_URL", "sqlite:///alertnet.db"),
        ("ALERTNET_LISTEN_URL", "mysql://hunter2@db/alertnet"),
        ("ALERTNET_PUBLIC_URL", "http://alert.example.org"),
        ("ALERTNET_PUBLIC_URL", "alert.example.org"),
        ("ALERTNET_PUBLIC_URL", "https://alertnet:hunter2@alert.example.org"),
        ("ALERTNET_PUBLIC_URL", "https://alert.example.org/?a=b"),
        ("ALERTNET_PUBLIC_URL", "https://alert.example.org/a b"),
        ("ALERTNET_PUBLIC_URL", "https://m\u00e1quina.example"),
        ("ALERTNET_PUBLIC_URL", "https://alert.example.org:0"),
        ("ALERTNET_PUBLIC_URL", "https://alert..example.org"),
        ("ALERTNET_PUBLIC_URL", "https://[::1"),
        ("ALERTNET_SECRET_KEY", "hunter2"),
        ("ALERTNET_SECRET_KEY", f"{KEY},hunter2"),
        ("ALERTNET_SMTP_URL", "smtp://mail.example.org"),
        ("ALERTNET_SMTP_URL", "smtp://mail example.org?from=a@b.example"),
        ("ALERTNET_SMTP_URL", "http://mail.example.org?from=a@b.example"),
        ("ALERTNET_SMTP_URL", "smtp://user:hunter2/@mail.example.org?from=a@b.example"),
        ("ALERTNET_SMTP_URL", "smtp://user:hunter2%C3%A9@mail.example.org?from=a@b.example"),
        ("ALERTNET_IMAP_URL", "imap://user:hunter2@mail.example.org"),
        ("ALERTNET_IMAP_URL", "imaps://user@mail.example.org"),
        ("ALERTNET_IMAP_URL", 'imaps://user:hunter2@mail.example.org/IN"BOX'),
        ("ALERTNET_IMAP_URL", "imaps://user:hunter2/@mail.example.org"),
        ("ALERTNET_IMAP_URL", "https://user:hunter2@mail.example.org"),
        ("TWILIO_ACCOUNT_SID", "SK00"),
        ("ALERTNET_TWILIO_FROM", "3005550101"),
        ("ALERTNET_TWILIO_API_URL", "http://10.0.0.1"),
        ("ALERTNET_TWILIO_API_URL", "https://api.example.org:99999"),
        ("ALERTNET_SMTP_2_URL", "smtp://user:hunter2/@mail.example.org?from=a@b.example"),
        ("TWILIO_2_ACCOUNT_SID", "SK00"),
        ("ALERTNET_TWILIO_2_FROM", "3005550101"),
        ("ALERTNET_TWILIO_2_API_URL", "http://10.0.0.1"),
        ("ALERTNET_ROUTES", "57=1"),
        ("ALERTNET_ROUTES", "+57=3"),
        ("ALERTNET_ROUTES", "+57=1,1"),
        ("ALERTNET_ROUTES", "+57="),
        ("ALERTNET_ROUTES", "+57=1 +57=1"),
        ("ALERTNET_RATES", "sms=fast"),
        ("ALERTNET_RATES", "sms=1,sms=2"),
        ("ALERTNET_RATES", "letters=1"),
        ("ALERTNET_RATES", "sms=-1"),
        ("ALERTNET_TRUSTED_PROXIES", "proxy.example.org"),
        ("ALERTNET_TRUSTED_PROXIES", "10.1.0.7/16"),
        ("ALERTNET_TRUSTED_PROXIES", "192.0.2.7, 0.0.0.0/0"),
        ("ALERTNET_TRUSTED_PROXIES", "::/0"),
        ("ALERTNET_HEARTBEAT_URL", "http://watch.example.org/hunter2"),
        ("ALERTNET_HEARTBEAT_URL", "https://watch.example.org:99999/hunter2"),
        ("ALERTNET_HEARTBEAT_URL", "https://watch.example.org:port/hunter2"),
        ("ALERTNET_HEARTBEAT_URL", "https://watch.exa mple.org/hunter2"),
        ("ALERTNET_HEARTBEAT_URL", "https://-watch.example.org/hunter2"),
        ("ALERTNET_HEARTBEAT_URL", "https://watch.example.org/ping?key=hunter2\n"),
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(name: str, value: str) -> None:
    (fault,) = faults_of({**WHOLE, **SECOND, name: value})

    assert fault.startswith(f"{name}: ")
    assert "(allowed: " in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALERTNET_NUMBER_TESTS", "daily", "'daily' is not allowed (allowed: 'weekly')"),
        (
            "ALERTNET_TRUSTED_PROXIES",
            "proxy, 10.1.0.7",
            "'proxy, 10.1.0.7' is not allowed (allowed: addresses such as ",
        ),
    ],
)
def test_a_value_is_shown_as_it_was_written(name: str, value: str, said: str) -> None:
    (fault,) = faults_of({**WHOLE, **SECOND, name: value})

    assert fault.startswith(f"{name}: {said}")


def test_where_the_key_is_missing_a_command_that_makes_one_is_named() -> None:
    (fault,) = faults_of({})

    assert fault.startswith("ALERTNET_SECRET_KEY: missing")
    assert "openssl rand -hex 32" in fault


def test_all_faults_come_at_once() -> None:
    faults = faults_of({"ALERTNET_RATES": "much", "ALERTNET_PUBLIC_URL": "nowhere", "ALERTNET_TWILIO_FROM": "me"})

    assert [fault.partition(":")[0] for fault in faults] == [
        "ALERTNET_SECRET_KEY",
        "ALERTNET_PUBLIC_URL",
        "ALERTNET_TWILIO_FROM",
        "ALERTNET_RATES",
    ]


def test_what_the_second_provider_lacks_comes_at_once_with_what_is_wrong() -> None:
    faults = faults_of(
        {
            **WHOLE,
            "ALERTNET_RATES": "sms=bad",
            "ALERTNET_ROUTES": "+57=2,1 mail=2",
            "TWILIO_2_ACCOUNT_SID": "AC2",
            "ALERTNET_TWILIO_2_FROM": "me",
        }
    )

    assert [fault.partition(" (allowed")[0] for fault in faults] == [
        "TWILIO_2_AUTH_TOKEN: missing (TWILIO_2_ACCOUNT_SID, ALERTNET_TWILIO_2_FROM is set)",
        "ALERTNET_TWILIO_2_FROM: 'me' is not allowed",
        "ALERTNET_ROUTES: '+57=2,1' is not allowed",
        "ALERTNET_ROUTES: 'mail=2' is not allowed",
        "ALERTNET_RATES: 'sms=bad' is not allowed",
    ]


def test_a_route_to_half_a_second_provider_is_told_what_it_lacks() -> None:
    faults = faults_of({**WHOLE, **SECOND, "TWILIO_2_AUTH_TOKEN": "", "ALERTNET_ROUTES": "*=2"})

    assert (
        faults[-1]
        == "ALERTNET_ROUTES: '*=2' is not allowed (allowed: provider 1, while TWILIO_2_AUTH_TOKEN is not set)"
    )


def test_a_route_to_a_second_provider_that_is_wrong_is_no_fault_of_its_own() -> None:
    (fault,) = faults_of({**WHOLE, **SECOND, "TWILIO_2_ACCOUNT_SID": "SK00", "ALERTNET_ROUTES": "*=2,1"})

    assert fault.startswith("TWILIO_2_ACCOUNT_SID: 'SK00' is not allowed")


def test_what_the_methods_lack_comes_at_once_with_what_is_wrong_and_each_variable_once() -> None:
    reading = examine({"ALERTNET_PUBLIC_URL": "nowhere", "ALERTNET_RATES": "fast", "TWILIO_ACCOUNT_SID": "AC1"})

    assert [fault.partition(" (")[0] for fault in reading.faults_for({MethodKind.SMS, MethodKind.EMAIL})] == [
        "ALERTNET_SECRET_KEY: missing",
        "ALERTNET_PUBLIC_URL: 'nowhere' is not allowed",
        "ALERTNET_SMTP_URL: missing",
        "TWILIO_AUTH_TOKEN: missing",
        "ALERTNET_TWILIO_FROM: missing",
        "ALERTNET_RATES: 'fast' is not allowed",
    ]


@pytest.mark.parametrize(
    "host", ["alert.example.org:8443", "alert", "my_host.example.org.", "10.0.0.1", "[fd00::1]:443"]
)
def test_a_url_may_have_any_name_or_address_of_a_host(host: str) -> None:
    assert read_settings({**LEAST, "ALERTNET_PUBLIC_URL": f"https://{host}/a"}).public_url == f"https://{host}/a"


@pytest.mark.parametrize("rate", ["0.0000001", "0.009", "10000.1", "9" * 400])
def test_a_rate_out_of_bounds_is_told_the_bounds(rate: str) -> None:
    (fault,) = faults_of({**LEAST, "ALERTNET_RATES": f"sms={rate}"})

    assert fault.endswith("(allowed: sms=1,calls=1 with 0.01 to 10000 for each second, or 0 for unlimited)")


@pytest.mark.parametrize("rate", ["0", "0.01", "10000"])
def test_the_bounds_of_a_rate_are_allowed(rate: str) -> None:
    assert read_settings({**LEAST, "ALERTNET_RATES": f"sms={rate}"}).rates.sms == float(rate)


def test_plain_http_is_allowed_on_loopback() -> None:
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert read_settings({**LEAST, "ALERTNET_PUBLIC_URL": f"http://{host}"}).public_url == f"http://{host}"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    settings = read_settings({"ALERTNET_SECRET_KEY_FILE": str(file)})

    assert settings.secret_keys[0].get_secret_value() == KEY


def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path) -> None:
    (fault,) = faults_of({"ALERTNET_SECRET_KEY_FILE": str(tmp_path / "nothing")})

    assert fault.startswith("ALERTNET_SECRET_KEY: ALERTNET_SECRET_KEY_FILE ")
    assert fault.endswith("nothing' can't be read: No such file or directory")


def test_a_secret_of_strange_bytes_is_refused_without_showing_them(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"hunter2 \xff")

    (fault,) = faults_of({"ALERTNET_SECRET_KEY_FILE": str(file)})

    assert fault.endswith("can't be read: it is no text in UTF-8")
    assert "hunter2" not in fault


def test_a_secret_and_its_file_together_are_refused() -> None:
    (fault,) = faults_of({**LEAST, "ALERTNET_SECRET_KEY_FILE": "key"})

    assert "one of the two" in fault


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({**LEAST, "ALERTNET_PUBLIC_URL": "", "ALERTNET_RATES": ""}) == read_settings(LEAST)


def test_the_env_file_of_the_folder_is_read_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f'ALERTNET_SECRET_KEY="{KEY}"\nALERTNET_RATES=sms=3\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALERTNET_RATES", "sms=4")
    monkeypatch.delenv("ALERTNET_SECRET_KEY", raising=False)

    settings = read_settings()

    assert settings.secret_keys[0].get_secret_value() == KEY
    assert settings.rates.sms == 4


def test_only_what_the_methods_in_use_need_is_asked_for() -> None:
    settings = read_settings(LEAST)

    assert missing_for(settings, {MethodKind.TASK}) == ()
    assert missing_for(settings, {MethodKind.EMAIL}) == (
        "ALERTNET_PUBLIC_URL: missing (the trees in force use email)",
        "ALERTNET_SMTP_URL: missing (the trees in force use email)",
    )
    assert missing_for(settings, {MethodKind.SMS, MethodKind.CALL})[1:] == (
        "TWILIO_ACCOUNT_SID: missing (the trees in force use call, sms)",
        "TWILIO_AUTH_TOKEN: missing (the trees in force use call, sms)",
        "ALERTNET_TWILIO_FROM: missing (the trees in force use call, sms)",
    )
    assert missing_for(read_settings(WHOLE), MethodKind) == ()


def test_settings_do_not_show_their_secrets() -> None:
    settings = read_settings(WHOLE)
    shown = repr(settings)

    assert "hunter2" in settings.database_url.get_secret_value()
    assert "https://alert.example.org" in shown
    assert not any(secret in shown for secret in (KEY, "hunter2", "hunt/er", "'new'"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ALERTNET_SMPT_URL", "ALERTNET_SMTP_URL"),
        ("ALERTNET_HEARTBEAT", "ALERTNET_HEARTBEAT_URL"),
        ("ALERTNET_PUBLIC_ADDRESS_URL", "ALERTNET_PUBLIC_URL"),
        ("alertnet_public_url", "ALERTNET_PUBLIC_URL"),
        ("ALERNET_PUBLIC_URL", "ALERTNET_PUBLIC_URL"),
        ("ALERTNET_SECRETKEY_FILE", "ALERTNET_SECRET_KEY_FILE"),
        ("ALERTNET_TWILIO_ACCOUNT_SID", "TWILIO_ACCOUNT_SID"),
        ("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_TOKEN", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_FROM", "ALERTNET_TWILIO_FROM"),
    ],
)
def test_a_misspelt_setting_is_refused(name: str, meant: str) -> None:
    """What it was to set would be as if it were not there, and nobody would know before the night it is needed."""
    assert faults_of({**LEAST, name: "hunter2"}) == (f"{name}: there is no such setting (did you mean {meant}?)",)


def test_a_name_like_ours_that_is_like_no_setting_is_refused_with_all_of_them() -> None:
    (fault,) = faults_of({**LEAST, "ALERTNET_XYZ": "hunter2"})

    assert fault.startswith(
        "ALERTNET_XYZ: there is no such setting (allowed: ALERTNET_SECRET_KEY, ALERTNET_DATABASE_URL"
    )
    assert "hunter2" not in fault


def test_a_misspelt_setting_is_named_with_every_other_fault() -> None:
    faults = faults_of({"ALERTNET_SECRETKEY": KEY})

    assert [fault.partition(":")[0] for fault in faults] == ["ALERTNET_SECRET_KEY", "ALERTNET_SECRETKEY"]


@pytest.mark.parametrize(
    "name",
    [
        *("TWILIO_API_KEY", "TWILIO_REGION", "TWILIO_PROFILE", "TWILIO_VERIFY_SERVICE_SID", "DATABASE_URL", "SMTP_URL"),
        *("ALERTNET_SERVICE_HOST", "ALERTNET_PORT", "ALERTNET_PORT_8000_TCP_ADDR", "ALERTNET_WEB_SERVICE_PORT_HTTP"),
        *("ALERTNET_HOST", "ALERTNET_TEST_PG_URL"),
    ],
)
def test_what_others_have_set_is_let_be(name: str) -> None:
    """The provider's own tools, an orchestrator that tells each container of its services, compose, the tests."""
    assert read_settings({**LEAST, name: "10.0.0.1"}) == read_settings(LEAST)


def test_a_misspelt_name_in_the_env_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"ALERTNET_SECRET_KEY={KEY}\nALERTNET_RATE=sms=3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTNET_SECRET_KEY", raising=False)

    (fault,) = examine().faults

    assert fault == "ALERTNET_RATE: there is no such setting (did you mean ALERTNET_RATES?)"


def test_a_line_of_the_env_file_that_sets_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else there would be no heartbeat, and nobody would know; what stands there is not repeated, it may be secret."""
    lines = ("# ours", f"ALERTNET_SECRET_KEY={KEY}", "ALERTNET_HEARTBEAT_URL https://ping.example.org", "ALERTNET_KEEP")
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTNET_SECRET_KEY", raising=False)

    assert examine().faults == tuple(f".env: line {number} sets nothing (allowed: NAME=value)" for number in (3, 4))


def test_the_example_with_the_key_alone_filled_in_is_refused() -> None:
    """Else there would be an alarm whose links lead nowhere."""
    example = dotenv_values(Path(__file__).parents[2] / ".env.example")
    env = {name: value for name, value in example.items() if value} | LEAST

    assert faults_of(env) == tuple(
        f"{name}: its value is the example's (allowed: your own)"
        for name in ("ALERTNET_PUBLIC_URL", "ALERTNET_SMTP_URL")
    )
    assert env.keys() - LEAST.keys() - EXAMPLES.keys() == {"ALERTNET_DATABASE_URL"}, "which is the default"


@pytest.mark.parametrize("file", ["compose.yaml", ".env.example", "README.md"])
def test_every_variable_that_we_name_is_one(file: str) -> None:
    text = (Path(__file__).parents[2] / file).read_text()
    named = set(re.findall(r"\b(?:ALERTNET|TWILIO)_[A-Z0-9_]*[A-Z0-9]\b", text))

    assert "TWILIO_ACCOUNT_SID" in named
    assert list(misspelt(dict.fromkeys(named, "x"), NAMES.values())) == []
