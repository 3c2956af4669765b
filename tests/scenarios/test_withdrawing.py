"""A member asks to call an alarm off: a coordinator decides, and under duress it goes on unseen (B4, A9)."""

import pytest
from sqlalchemy import text

from alertnet.sandbox import Fault
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.tables import metadata
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import DURESS, TRUE, Incident, World, code_in

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 5m}
  - {name: Friends, notify: [ombuds], wait: 20m}
  - {name: Others, notify: [defenders], wait: 20m}
"""
REPORT = f"ALERTA {TRUE} 31 L12 C2 nos siguen"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Ana's phone, with a PIN and one for duress, and Mary's with a PIN of its own."""
    world = world_of(a_tree(LEVELS, CONTACTS))
    world.gives_pins("north/ana")
    world.gives_pins("north/mary", pin="58221", duress=None)
    world.headers = world.key(None, "administer")
    return world


def reported(world: World) -> Incident:
    """Ana has reported, and the ombuds office was told five minutes later."""
    world.texts("ana", REPORT)
    incident = world.newest()
    world.passes(minutes=6)
    assert ("ombuds", "sms") in incident.told()
    return incident


def alarms(world: World, words: str) -> list[str]:
    return [text for text in world.phone("coordinator").inbox if "ALARM" in text and words in text]


@pytest.mark.parametrize("verb", ["FALSE", "fásla"])
def test_a_withdrawal_is_a_request_and_the_alarm_goes_on(valley: World, verb: str) -> None:
    """B4: a coordinator confirms it by voice; until then others are still told."""
    incident = reported(valley)

    reply = valley.reply_to("ana", f"{verb} {TRUE}")
    valley.passes(minutes=20)

    assert f"{incident.ref}: recibido 21:20: FALSA. " in reply
    assert incident["status"] == "open"
    assert ("defenders", "sms") in incident.told()
    assert alarms(valley, "asks to withdraw")


def test_those_told_hear_a_correction_once_a_coordinator_has_confirmed_it(valley: World) -> None:
    incident = reported(valley)
    valley.texts("ana", f"FALSA {TRUE} {incident.ref}")
    assert incident.told("correction") == []

    incident.act("close", reason="false_alarm")

    assert {contact for contact, _ in incident.told("correction")} == {"coordinator", "second", "ombuds"}


def test_after_a_withdrawal_nothing_reaches_the_phone(valley: World) -> None:
    """B4: nothing automatic, by whatever happens next; a coordinator has spoken with the team before it closes."""
    incident = reported(valley)
    valley.texts("ana", f"FALSE {TRUE}")
    told = list(valley.phone("ana").inbox)

    alert = next(text for text in valley.phone("coordinator").inbox if "URGENT" in text)
    valley.passes(minutes=11)
    valley.texts("coordinator", code_in(alert))
    incident.act("close", reason="false_alarm")
    incident.act("reopen", reason="It was true")
    valley.passes(minutes=15)

    assert "correction" in {each["kind"] for each in incident["notifications"]}
    assert valley.phone("ana").inbox == told


def test_what_waits_to_leave_for_the_phone_is_called_off(valley: World) -> None:
    """B4: what the provider has not taken for sure is not sent once more: it might ring in the wrong hand."""
    incident = reported(valley)
    valley.sandbox.misbehaves(Fault.ERROR_503)
    valley.passes(minutes=5)
    waiting = [each["status"] for each in incident["notifications"] if each["kind"] == "field_status"]

    valley.texts("ana", f"FALSE {TRUE}")

    assert waiting == ["unknown"]
    assert [e["status"] for e in incident["notifications"] if e["kind"] == "field_status"] == ["cancelled"]


def test_under_duress_it_runs_on_as_critical_and_is_answered_the_same(valley: World) -> None:
    """B4: byte for byte; the coordinators are alarmed in neutral words, the page has the rest."""
    replies = []
    for pin in (TRUE, DURESS):
        incident = reported(valley)
        replies.append(str(valley.texts("ana", f"FALSE {pin}")).replace(incident.ref, "REF"))
        if pin is TRUE:
            incident.act("close", reason="resolved")
            valley.passes(hours=23, minutes=54)
    told = list(valley.phone("ana").inbox)
    valley.passes(minutes=20)

    assert replies[0] == replies[1]
    assert (incident["severity"], incident["status"]) == ("critical", "open")
    assert alarms(valley, "before you call anybody, read")
    assert ("defenders", "sms") in incident.told()
    assert valley.phone("ana").inbox == told


def test_duress_after_a_true_withdrawal_is_heard_too(valley: World) -> None:
    """B4: whoever was made to send a second text had no other way to say so."""
    incident = reported(valley)
    valley.texts("ana", f"FALSE {TRUE}")
    valley.texts("ana", f"FALSE {DURESS}")

    assert incident["severity"] == "critical"
    assert alarms(valley, "before you call anybody, read")


def test_no_column_in_clear_and_no_key_that_reads_tells_duress(valley: World) -> None:
    """B4: a key may lie where the team is."""
    incident = reported(valley)
    valley.texts("ana", f"FALSE {DURESS}")
    _, key = valley.runtime.transact(api_keys.create, "north", ("read",))

    def cells(tx: Tx) -> str:
        names = [table.name for table in metadata.sorted_tables]
        return "\n".join(str(row) for name in names for row in tx.session.execute(text(f'SELECT * FROM "{name}"')))

    assert "withdrawal_asked" in valley.runtime.read(cells)
    assert "duress" not in valley.runtime.read(cells)
    answer = valley.client.get(f"/v1/incidents/{incident.ref}/timeline", headers={"Authorization": f"Bearer {key}"})
    asked = [each["payload"] for each in answer.json()["items"] if each["kind"] == "withdrawal_asked"]
    assert [each["pin"] for each in asked] == ["true"]


@pytest.mark.parametrize("pin", ["47111", ""])
def test_without_its_pin_a_withdrawal_only_reaches_people(valley: World, pin: str) -> None:
    """A12: not dropped, and nothing of the incident changes, not even that the phone hears how it fares."""
    incident = reported(valley)

    reply = valley.reply_to("ana", f"FALSE {pin}")
    valley.passes(minutes=5)

    assert "no retirada" in reply
    assert alarms(valley, "news from the team")
    assert "withdrawal_asked" not in incident.timeline()
    assert "aun no contesta nadie" in valley.phone("ana").inbox[-1]


def test_a_colleague_may_ask_for_it_with_a_pin_of_its_own(valley: World) -> None:
    """The team's incident, from another phone of the team: the one that raised it is left alone as well."""
    incident = reported(valley)
    told = list(valley.phone("ana").inbox)

    reply = valley.reply_to("+573005550003", f"FALSE 58221 {incident.ref.replace('-', '')} she is safe")
    valley.passes(minutes=20)

    assert incident.ref in reply
    assert valley.phone("ana").inbox == told
    assert "she is safe" in str(incident["texts"])


def test_nobody_withdraws_what_is_not_its_teams(valley: World) -> None:
    """The reference of another's incident is answered like one that never was, and its coordinators read the text."""
    other = valley.raises(type="threat")
    valley.passes(seconds=1)
    reported(valley).act("close", reason="resolved")

    replies = [valley.texts("ana", f"FALSE {TRUE} {ref}") for ref in (other.ref, "Z-9Z9Z")]

    assert replies[0] == replies[1]
    assert "withdrawal_asked" not in other.timeline()
    assert alarms(valley, "please read the message from north")


def test_the_same_alarm_after_a_withdrawal_is_heard_anew(valley: World) -> None:
    """A12: it may have been called off with somebody beside the phone, and what follows be the truth."""
    incident = reported(valley)
    valley.texts("ana", f"FALSA {TRUE}")
    valley.passes(minutes=1)
    valley.texts("coordinator", code_in(alarms(valley, "asks to withdraw")[-1]))
    valley.texts("ana", REPORT)
    valley.passes(minutes=1)

    assert alarms(valley, "news from the team")
    assert incident.timeline().count("report_received") == 2


def test_the_same_news_hours_later_is_news(valley: World) -> None:
    """A12: right after it, a handset sends again what got no receipt, and nobody is rung for it."""
    incident = reported(valley)
    said = f"NUEVA {TRUE} nos siguen"
    for _ in range(2):
        valley.texts("ana", said)
        valley.passes(minutes=1)
    assert incident.timeline().count("report_received") == 2
    valley.texts("coordinator", code_in(alarms(valley, "news from the team")[-1]))

    valley.passes(hours=1)
    told = len(valley.phone("coordinator").inbox)
    valley.texts("ana", said)
    valley.passes(minutes=1)

    assert incident.timeline().count("report_received") == 3
    assert any("news from the team" in text for text in valley.phone("coordinator").inbox[told:])


def test_asking_twice_alarms_once(valley: World) -> None:
    incident = reported(valley)

    for _ in range(3):
        valley.texts("ana", f"FALSE {TRUE}")

    assert len(alarms(valley, "asks to withdraw")) == 1
    assert incident.timeline().count("withdrawal_asked") == 3


def test_a_check_in_that_is_missed_writes_to_no_phone_of_the_team(valley: World) -> None:
    """B4: nothing automatic, whatever else is awaited of the team; the coordinators are asked to call all the same."""
    valley.texts("ana", f"GO {TRUE} L12 22:00")
    reported(valley)
    valley.texts("ana", f"FALSE {TRUE}")
    told = list(valley.phone("ana").inbox)

    valley.passes(minutes=90)

    assert alarms(valley, "missed check-in: call north/ana")
    assert valley.phone("ana").inbox == told


def test_after_a_withdrawal_nothing_reaches_the_phone_about_another_report_of_it_either(valley: World) -> None:
    """B4: it was told that we write no more until somebody has spoken with it; its texts are answered."""
    reported(valley)
    valley.texts("ana", f"FALSE {DURESS}")
    valley.passes(minutes=11)
    assert "verificado: 31, L40" in str(valley.texts("ana", f"ALERTA {TRUE} 31 L40"))
    told = list(valley.phone("ana").inbox)

    valley.passes(minutes=11)
    later = valley.newest()
    alert = next(text for text in valley.phone("coordinator").inbox if f"ALSO {later.ref}" in text)
    valley.texts("coordinator", code_in(alert))

    assert later.answers() == [("coordinator", "acknowledged", "sms")]
    assert valley.phone("ana").inbox == told


@pytest.mark.parametrize(
    "said", ["SOS error", "sos por error", f"SOS mistake {TRUE} police", f"SOS mistake {DURESS} police"]
)
def test_an_sos_that_has_nothing_to_withdraw_is_one(valley: World, said: str) -> None:
    """A12: what a frightened hand writes beside SOS takes nothing from it."""
    valley.texts("ana", said)

    assert valley.newest()["severity"] == "critical"


def test_what_was_called_off_once_it_is_closed_goes_to_people_alone(valley: World) -> None:
    """The text may have been under way for long."""
    reported(valley).act("close", reason="false_alarm")

    valley.texts("ana", f"SOS was a mistake {TRUE}")

    assert alarms(valley, "please read the message from north")


def test_an_sos_that_was_a_mistake_withdraws_what_is_open(valley: World) -> None:
    incident = reported(valley)

    valley.texts("ana", f"SOS was a mistake {TRUE}")

    assert "withdrawal_asked" in incident.timeline()
