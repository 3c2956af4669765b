"""`doctor`: what is wrong with an installation, in plain words, with what to do; no secret among them."""

from dataclasses import replace

import pytest

from alertnet.channels.base import NotSent
from alertnet.cli.startup import checked_runtime, trees_of_example
from alertnet.core.delivery.circuit_breaker import RUN
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Misconfigured
from alertnet.flows.sending.provider_health import note
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Sandbox
from alertnet.shipped import CALLBACKS
from alertnet.store.queues import workers
from tests.cli.conftest import Office
from tests.support.program import SECRET


def states(office: Office, *words: str) -> dict[str, str]:
    """The worst state of each thing that was looked at."""
    worst: dict[str, str] = {}
    for state, about, _ in office.findings(*words):
        worst[about] = max(worst.get(about, "well"), state, key=["well", "look", "wrong"].index)
    return worst


def test_a_fresh_installation_lacks_only_who_sends(office: Office, runtime: Runtime) -> None:
    idle = office.types("doctor", "--offline")
    assert (idle.code, "✗ worker: none is at work: nothing is sent\n    → alertnet serve" in idle.out) == (1, True)

    runtime.transact(workers.beat, "a worker")
    found = states(office, "--offline")
    office.env["ALERTNET_TRUSTED_PROXIES"] = "127.0.0.1"
    assert (found["front"], "front" in states(office, "--offline")) == ("look", False)

    wrong = {about for about, state in found.items() if state == "wrong"}
    assert wrong == set()
    assert {"settings", "trees", "templates", "disk", "secret key", "database", "clock", "worker"} <= set(found)
    assert (found["heartbeat"], found["people"]) == ("look", "look")


def test_trees_that_still_have_the_examples_callback_are_named(office: Office, runtime: Runtime) -> None:
    """Its invented numbers may be somebody's: they would be rung at night, and nobody of the network."""
    network = runtime.edition.network
    own = replace(network.trees["colombia"], callback="+573019990001")

    said = office.types("doctor", "--offline").out

    assert {tree.callback for tree in network.trees.values()} == CALLBACKS
    assert trees_of_example(network) == ["colombia", "international"]
    assert trees_of_example(replace(network, trees=network.trees | {"colombia": own})) == ["international"]
    assert "! trees: colombia, international: the example's callback" in said
    assert "    → write your own: docs/coordinators.md" in said


def test_a_wrong_setting_a_missing_schema_and_a_silent_provider_are_named_at_once(office: Office) -> None:
    office.env |= {"ALERTNET_RATES": "fast", "ALERTNET_PUBLIC_URL": "http://127.0.0.1:9"}
    office.env["ALERTNET_IMAP_URL"] = "imap://user:password@127.0.0.1:9/INBOX"
    office.env |= {"ALERTNET_OIDC_CLIENT_ID": "alertnet", "ALERTNET_OIDC_CLIENT_SECRET": "x"}
    office.env["ALERTNET_OIDC_ISSUER"] = "http://127.0.0.1:9"

    said = office.types("doctor")

    assert said.code == 1
    for line in (
        "✗ settings: ALERTNET_RATES: 'fast' is not allowed",
        "✗ database: ALERTNET_DATABASE_URL: there is no file",
        "✗ provider: sms gives no answer: nothing listens there",
        "✗ mailbox: the mailbox for answers can't be read: nothing listens there",
        "✗ OpenID Connect: http://127.0.0.1:9 lets nobody in: nothing listens there",
        "✗ public URL: http://127.0.0.1:9: nothing listens there",
    ):
        assert line in said.out


def test_what_mends_several_faults_is_said_once_below_them(office: Office) -> None:
    office.env |= {"ALERTNET_RATES": "fast", "ALERTNET_KEEP": "long"}

    lines = office.types("doctor", "--offline").out.splitlines()

    first, second, remedy = lines[:3]
    assert first.startswith("✗ settings: ALERTNET_")
    assert second.startswith("✗ settings: ALERTNET_")
    assert remedy == "    → mend it in .env or the environment: the README has the table"
    assert remedy not in lines[3:]


def test_another_secret_than_the_databases_is_found(office: Office, runtime: Runtime, ref: str) -> None:
    assert states(office, "--offline")["secret key"] == "well"

    office.env["ALERTNET_SECRET_KEY"] = "another secret that is long enough too"

    assert states(office, "--offline")["secret key"] == "wrong"


def test_a_pause_is_worth_a_look_and_wrong_where_nobody_can_be_told(office: Office, runtime: Runtime) -> None:
    words = ("--for", "30m", "--why", "they lose texts", "--yes")

    office.types("pause", "--method", "sms", *words)
    assert states(office, "--offline")["pause"] == "look"

    office.types("pause", "--everything", *words)
    assert states(office, "--offline")["pause"] == "wrong"


def test_a_provider_that_does_not_know_us_is_told_from_one_that_is_away(office: Office) -> None:
    """At night one is a setting to mend, the other somebody else's to mend."""
    with Sandbox(account_sid=f"AC{'0' * 32}", auth_token="another", public_url="") as sandbox:
        sandbox.refuses_mail("535 5.7.8 wrong password")
        office.env |= {"ALERTNET_TWILIO_API_URL": sandbox.api_url, "ALERTNET_SMTP_URL": sandbox.smtp_url}
        said = office.types("doctor")

    assert "✗ provider: call does not accept our token or password (20003)\n    → TWILIO_AUTH_TOKEN" in said.out
    assert "✗ provider: sms does not accept our token or password (20003)" in said.out
    assert "ConnectionRefusedError" not in said.out


def test_a_number_whose_texts_and_calls_go_elsewhere_is_named_with_where_they_should(office: Office) -> None:
    """An SOS would be read late from the provider's list, and nobody would answer who calls."""
    number, ours = office.env["ALERTNET_TWILIO_FROM"], office.env["ALERTNET_PUBLIC_URL"]
    office.env["ALERTNET_TWILIO_FROM"] += ",+15005550009"
    with Sandbox(account_sid=f"AC{'0' * 32}", auth_token="a-token", public_url=ours, number=number) as sandbox:
        office.env["ALERTNET_TWILIO_API_URL"] = sandbox.api_url
        one_points_here = office.types("doctor").out
        sandbox.public_url = "https://demo.example"
        none_does = office.types("doctor").out

    assert f"to {number}" not in one_points_here
    assert "! number: calls to +15005550009 go to nobody\n" in one_points_here
    assert f"    → at the provider point it at {ours}/twilio/voice, by POST" in one_points_here
    assert f"! number: texts to {number} go to POST https://demo.example/twilio/sms\n" in none_does


def test_what_a_provider_has_against_us_is_told_beside_the_trouble_that_it_makes(
    office: Office, runtime: Runtime
) -> None:
    """A relay may greet us, and refuse each mail: asking it says that all is well."""
    runtime.transact(workers.beat, "a worker")
    quiet = office.types("doctor", "--offline").out
    for _ in range(RUN):
        runtime.transact(note, (MethodKind.EMAIL, FIRST), NotSent("535", fault=AccountFault.TOKEN))

    said = office.types("doctor", "--offline").out

    assert "email takes nothing since" in said
    remedy = "TWILIO_AUTH_TOKEN, or what ALERTNET_SMTP_URL holds; then restart"
    assert f"it does not accept our token or password\n    → {remedy}" in said
    assert "email takes nothing" not in quiet


@pytest.mark.usefixtures("in_english")
def test_a_public_url_that_is_too_long_for_an_sms_is_one_fault_with_its_name(
    office: Office, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some thousand messages would take a second segment: none of the lines about them says which setting to mend."""
    url = "https://alarm.of-an-organisation-with-a-long-name.example.org"
    office.env["ALERTNET_PUBLIC_URL"] = url
    for name, value in office.env.items():
        monkeypatch.setenv(name, value)

    said = office.types("doctor", "--offline")
    with pytest.raises(Misconfigured) as found, checked_runtime():
        pass

    fault = f"ALERTNET_PUBLIC_URL: it has {len(url)} characters, and at most 40 fit into every SMS"
    assert f"✗ templates: {fault}" in said.out
    assert [each.startswith(fault) for each in found.value.faults] == [True]


def test_a_file_with_secrets_that_everybody_may_read_is_worth_a_look(office: Office, runtime: Runtime) -> None:
    """With the secret key and a copy of the database names and numbers can be read."""
    key, token = office.folder / "key", office.folder / "token"
    key.write_text(office.env.pop("ALERTNET_SECRET_KEY"))
    token.write_text(office.env.pop("TWILIO_AUTH_TOKEN"))
    (office.folder / ".env").write_text(f"ALERTNET_SECRET_KEY_FILE={key}\nTWILIO_AUTH_TOKEN_FILE={token}\n")
    key.chmod(0o644)
    token.chmod(0o640)

    said = office.types("doctor", "--offline")

    assert f"! secrets: everybody on this machine may read {key}\n    → chmod 600 {key}" in said.out
    assert "✓ secret key" in said.out
    assert said.out.count("! secrets") == 1
    key.chmod(0o600)
    (office.folder / ".env").write_text(f"ALERTNET_SECRET_KEY_FILE={key}\nTWILIO_AUTH_TOKEN=a-token\n")
    (office.folder / ".env").chmod(0o644)
    assert "! secrets: everybody on this machine may read .env" in office.types("doctor", "--offline").out


def test_no_secret_is_printed(office: Office, runtime: Runtime) -> None:
    office.env["ALERTNET_SMTP_URL"] = "smtp://user:hunter2@127.0.0.1:9?from=alert@example.org"

    said = office.types("doctor")

    assert "email" in said.out
    assert not [each for each in (SECRET, "hunter2", "a-token") if each in said.out + said.err]
