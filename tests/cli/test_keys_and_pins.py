"""`keys` and `pins`: what proves who somebody is takes effect at once beside a running process, and is shown once."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from alertnet.cli.startup import checked_runtime
from alertnet.flows.credentials.pins import PinCheck, set_pins, try_pin
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import timeline
from alertnet.store.records.credentials import api_keys
from alertnet.store.views import audit, timeline_view
from tests.cli.conftest import Office


def holder(runtime: Runtime, key: str) -> api_keys.ApiKey | None:
    return runtime.read(lambda tx: api_keys.find(tx.session, key))


def proves(runtime: Runtime, owner: str, pin: str) -> PinCheck:
    return runtime.transact(try_pin, owner, pin).check


def test_a_new_key_is_printed_alone_and_opens_what_it_was_made_for(office: Office, runtime: Runtime) -> None:
    said = office.types("keys", "create", "--team", "north", "--scope", "raise,read")

    assert (said.code, said.err) == (0, "")
    found = holder(runtime, said.out.removesuffix("\n"))
    assert found is not None
    assert found.team == "north"
    assert found.scopes == {"raise", "read"}


def test_an_unknown_scope_is_refused_with_those_there_are(office: Office, runtime: Runtime) -> None:
    err = office.refused("keys", "create", "--scope", "read,write")

    assert "'write'" in err
    assert "raise, read, coordinate, administer" in err


@pytest.mark.parametrize("team", ["nroth", "", "North"])
def test_a_team_that_nobody_knows_is_refused_with_those_there_are(office: Office, runtime: Runtime, team: str) -> None:
    """B7: a slip in the name would else make a key that opens nothing, or of a team that comes later."""
    err = office.refused("keys", "create", "--team", team, "--scope", "read")

    assert f"--team: {team!r} is not allowed (allowed: north)" in err
    assert runtime.read(lambda tx: api_keys.list_all(tx.session)) == []
    assert office.types("keys", "create", "--team", "north", "--scope", "read").code == 0


def test_a_device_whose_name_is_none_is_refused_by_that_name(office: Office, runtime: Runtime) -> None:
    err = office.refused("keys", "create", "--team", "north", "--device", "Bracelet 1")

    assert err.startswith("--device: 'Bracelet 1' is not allowed (allowed: small letters, digits and hyphens")
    assert office.types("keys", "create", "--team", "north", "--device", "bracelet-1").code == 0


def test_a_revoked_key_opens_nothing_from_that_moment(office: Office, runtime: Runtime) -> None:
    key_id, key = runtime.transact(api_keys.create, "north", ["read"])
    assert holder(runtime, key)

    said = office.types("keys", "revoke", key_id)

    assert said.code == 0
    assert holder(runtime, key) is None


def test_the_list_has_every_key_by_its_id_and_none_by_its_text(office: Office, runtime: Runtime) -> None:
    key_id, key = runtime.transact(api_keys.create, "north", ["read", "raise"])

    said = office.types("keys", "list")

    assert said.out.startswith(f"{key_id}  north  raise,read  ")
    assert key.rpartition("_")[2] not in said.out


def test_a_key_nobody_made_can_not_be_revoked(office: Office, runtime: Runtime) -> None:
    said = office.types("keys", "revoke", "zzzzzzzz")

    assert (said.code, said.out, said.err) == (2, "", "no API key 'zzzzzzzz'\n")


def test_what_commands_change_is_on_the_record(office: Office, runtime: Runtime) -> None:
    """A10: each change appends to the timeline, and the chain holds."""
    office.types("keys", "create", "--scope", "read")
    office.types("pins", "set", "north/ana", "--pin", "47110")

    entries, _ = runtime.read(lambda tx: timeline_view.entries(tx.session, timeline.SYSTEM, 0, 10))
    assert [entry["kind"] for entry in entries] == ["key_created", "pins_set"]
    assert "47110" not in str([entry["payload"] for entry in entries])
    assert runtime.read(lambda tx: audit.verify(tx.session)) == []


def test_after_a_rotation_the_new_secret_alone_opens_what_is_stored(office: Office, runtime: Runtime, ref: str) -> None:
    """And the words say what the old one is still needed for."""
    office.types("pins", "set", "north/ana", "--pin", "47110")
    key_id, _ = runtime.transact(api_keys.create, "north", ["read"])
    old, new = office.env["ALERTNET_SECRET_KEY"], "the secret that takes the place of the other"
    office.env["ALERTNET_SECRET_KEY"] = f"{new},{old}"

    said = office.types("keys", "rotate-data")

    assert (said.code, said.err) == (0, "")
    assert "incidents: 1 values\n" in said.out
    assert f"- API keys {key_id}: each until it is next used" in said.out
    assert "- open incidents, 1: " in said.out
    assert "- PINs, " in said.out
    again = office.types("keys", "rotate-data")
    assert (again.code, again.out.partition("\n")[0]) == (
        0,
        "Nothing to do: no value is left that an older secret opens.",
    )
    assert office.types("audit", "verify").code == 0
    office.env["ALERTNET_SECRET_KEY"] = new
    assert office.types("incidents", "show", ref).code == 0


def test_a_secret_dropped_while_codes_depend_on_it_is_named_at_once(
    office: Office, runtime: Runtime, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A12: the answer of whoever has such a code would not be known as one, so nobody may learn it from silence."""
    key_id, _ = runtime.transact(api_keys.create, "north", ["read"])
    office.types("users", "add", "maria")
    old, new = office.env["ALERTNET_SECRET_KEY"], "the secret that takes the place of the other"
    office.env["ALERTNET_SECRET_KEY"] = f"{new},{old}"
    office.types("keys", "rotate-data")
    both = _secret_missing(office, monkeypatch), _of_secret(office)

    office.env["ALERTNET_SECRET_KEY"] = new

    assert both == ([], [("well", "opens what the database holds")])
    [line] = _secret_missing(office, monkeypatch)
    assert (line["incidents"], line["api_keys"], line["users"]) == ([ref], [key_id], ["maria"])
    assert "put the secret that was taken out back" in str(line["mend"])
    made = "no secret that is listed made them"
    assert _of_secret(office) == [
        ("wrong", f"nobody can answer by the codes of open incidents {ref}: {made}"),
        ("wrong", f"nothing is opened by API keys {key_id}: {made}"),
        ("wrong", f"nobody can sign in as maria: {made}"),
    ]
    said = office.types("audit", "verify")
    assert (said.code, "put it back, behind the first" in said.err) == (1, True)


def _secret_missing(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[MutableMapping[str, Any]]:
    """What the start of a process says of it."""
    for name, value in office.env.items():
        monkeypatch.setenv(name, value)
    with capture_logs() as log, checked_runtime():
        pass
    return [line for line in log if line["event"] == "secret_missing"]


def _of_secret(office: Office) -> list[tuple[str, str]]:
    return [(state, found) for state, about, found in office.findings("--offline") if about == "secret key"]


def test_a_rotation_names_what_no_listed_secret_opens(office: Office, runtime: Runtime, ref: str) -> None:
    office.env["ALERTNET_SECRET_KEY"] = "a secret that has sealed nothing of what is there"

    said = office.types("keys", "rotate-data")

    assert said.code == 1
    assert "which no secret in ALERTNET_SECRET_KEY has" in said.err


def test_a_pin_from_standard_input_proves_its_owner_and_is_echoed_nowhere(office: Office, runtime: Runtime) -> None:
    said = office.types("pins", "set", "north/ana", "--pin", "-", "--duress", "-", keyboard="47110\n47990\n")

    assert said.code == 0
    assert proves(runtime, "north/ana", "47110") is PinCheck.TRUE
    assert proves(runtime, "north/ana", "47990") is PinCheck.DURESS
    assert "47110" not in said.out + said.err


def test_who_still_has_none_is_named_in_one_line(office: Office, runtime: Runtime) -> None:
    """Whoever gives six coordinators theirs would read that of each of the others five times over."""
    said = office.types("pins", "set", "colombia/coordinator", "--pin", "47110")

    (warning,) = [line for line in said.err.splitlines() if line.startswith("warning: ")]
    assert "colombia/coordinator-2, colombia/head-office" in warning
    assert "colombia/coordinator," not in warning


def test_a_contact_of_a_tree_can_have_a_pin_too(office: Office, runtime: Runtime) -> None:
    assert office.types("pins", "set", "colombia/ombuds", "--pin", "47110").code == 0

    assert proves(runtime, "colombia/ombuds", "47110") is PinCheck.TRUE


def test_one_time_pins_are_printed_on_a_card_and_good_once(office: Office, runtime: Runtime) -> None:
    """The card holds the PINs and nothing else: whoever finds it learns neither whose they are nor for what."""
    said = office.types("pins", "set", "north/ana", "--one-time", "30")

    pins = said.out.split()
    assert (len(set(pins)), len(said.out.splitlines())) == (30, 6)
    assert {len(pin) for pin in pins if pin.isdigit()} == {6}
    assert [proves(runtime, "north/ana", pins[0]) for _ in range(2)] == [PinCheck.TRUE, PinCheck.WRONG]


def test_a_pin_of_the_wrong_length_is_refused_without_being_shown(office: Office, runtime: Runtime) -> None:
    err = office.refused("pins", "set", "north/ana", "--pin", "4711")

    assert "5 digits" in err
    assert "4711" not in err


def test_an_owner_whom_the_network_does_not_know_is_refused_with_those_that_it_does(
    office: Office, runtime: Runtime
) -> None:
    nobody, nowhere = (office.refused("pins", "set", owner, "--pin", "47110") for owner in ("north/anna", "nrth/ana"))

    assert nobody.startswith("OWNER: 'north/anna' is not allowed (allowed: north/ana, ")
    assert nowhere.startswith("OWNER: 'nrth/ana' is not allowed (allowed: north/…, staff/…, ")


def test_pins_set_without_a_pin_is_refused(office: Office, runtime: Runtime) -> None:
    assert office.types("pins", "set", "north/ana").code == 2
    assert office.types("pins", "set", "north/ana", "--pin", "-").code == 2


def test_a_start_names_the_contacts_whose_pin_was_never_set(
    office: Office, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A6: until it is set, their links and calls work without."""
    for name, value in office.env.items():
        monkeypatch.setenv(name, value)
    runtime.transact(set_pins, "colombia/coordinator", "47110")

    with capture_logs() as log, checked_runtime():
        pass

    [unset] = [line["contacts"] for line in log if line["event"] == "pins_not_set"]
    assert ("colombia/coordinator-2" in unset, "colombia/coordinator" in unset) == (True, False)
