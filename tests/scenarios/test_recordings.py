"""What a member tells by voice after its PIN: coordinators alone hear it, sealed here and gone at the provider (B4)."""

import re

import pytest
from sqlalchemy import update

from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.handset import Call
from alertnet.sandbox.telephony.network import Recording
from alertnet.sandbox.telephony.parameters import Refusal
from alertnet.store.queues import postponed_rows, recordings
from alertnet.store.tables import inbound
from alertnet.store.tables import recordings as table
from alertnet.store.views.shapes import moment
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import Incident, World, code_in, link_in

PIN, COORDINATORS_PIN = "47110", "20202"
SOUND = b"ID3\x04 they took P7 at the bridge \xff\xfb"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Calls are recorded; Ana and the coordinator have PINs."""
    world = world_of(a_tree(COORDINATION), ALERTNET_RECORD_CALLS="members")
    world.gives_pins("north/ana", duress=None)
    world.gives_pins("valley/coordinator", pin=COORDINATORS_PIN, duress=None)
    return world


def calls(world: World) -> Call:
    """Ana's call, up to the tone."""
    return world.phone("ana").dials().press(PIN + "*").press("20")


def tells(world: World) -> Incident:
    calls(world).speaks(SOUND, ended_by="hangup")
    world.settles()
    return world.newest()


def listed(world: World, incident: Incident, headers: dict[str, str]) -> list[dict[str, object]]:
    answer = world.client.get(f"/v1/incidents/{incident.ref}/recordings", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_what_is_told_after_the_tone_is_kept_sealed_and_deleted_at_the_provider(valley: World) -> None:
    """A9: the database alone shows nothing of it, and the provider has it no more."""
    incident = tells(valley)
    headers = valley.key(None, "coordinate")

    [shown] = listed(valley, incident, headers)
    place = f"/v1/incidents/{incident.ref}/recordings/{shown['id']}"
    heard = valley.client.get(place, headers=headers)

    assert (shown["seconds"], heard.content, heard.headers["content-type"]) == (12, SOUND, "audio/mpeg")
    assert valley.sandbox.network.recordings == {}
    stored = valley.runtime.read(
        lambda tx: tx.session.connection.exec_driver_sql("SELECT audio FROM recordings").scalar_one()
    )
    assert SOUND not in stored
    assert "call_recorded" in incident.timeline()


def test_only_who_may_coordinate_hears_it(valley: World) -> None:
    incident = tells(valley)
    [shown] = listed(valley, incident, valley.key(None, "coordinate"))

    for place in ("recordings", f"recordings/{shown['id']}"):
        answer = valley.client.get(f"/v1/incidents/{incident.ref}/{place}", headers=valley.key(None, "read"))
        assert answer.status_code == 403


def test_a_coordinator_hears_it_on_the_page_once_the_pin_is_entered(valley: World) -> None:
    """A6: whoever reads the SMS has the link, and hears nothing."""
    tells(valley)
    link = next(link_in(sms) for sms in reversed(valley.phone("coordinator").inbox) if "/c/" in sms)
    opened = valley.client.get(link).text
    proved = valley.client.post(link, data={"pin": COORDINATORS_PIN}).text
    [button] = re.findall(r'value="(listen:[^"]+)"', proved)

    heard = valley.client.post(link, data={"answer": button})
    unproved = valley.client.post(link, data={"answer": button.partition("~")[0][:39]})

    assert "listen:" not in opened
    assert (heard.status_code, heard.content) == (200, SOUND)
    assert SOUND not in unproved.content


def test_what_is_told_while_the_incident_is_closed_over_it_is_heard_of(valley: World) -> None:
    """A12: a notice, since nothing of it rings any more."""
    call = calls(valley)
    valley.settles()
    incident = valley.newest()
    incident.act("close", reason="false_alarm")
    told = len(valley.phone("coordinator").inbox)

    call.speaks(SOUND).hang_up()
    valley.passes(minutes=11)

    assert "call_recorded" in incident.timeline()
    [notice] = valley.phone("coordinator").inbox[told:]
    assert f"{incident.ref}: news from the team" in notice


def test_it_is_heard_of_the_whole_once_its_incident_was_merged(valley: World) -> None:
    """The reference of either leads there, by API and on the page."""
    incident, headers = tells(valley), valley.key(None, "coordinate")
    [shown] = listed(valley, incident, headers)
    whole = valley.raises(type="arrest", people=[], perpetrator="none")

    incident.act("merge", into=whole.ref)
    valley.settles()

    assert listed(valley, whole, headers) == listed(valley, incident, headers) == [shown]
    place = f"/v1/incidents/{whole.ref}/recordings/{shown['id']}"
    assert valley.client.get(place, headers=headers).content == SOUND
    for sms in valley.phone("coordinator").inbox:
        link = link_in(sms)
        if "/c/" in link and "listen:" in (proved := valley.client.post(link, data={"pin": COORDINATORS_PIN}).text):
            [button] = re.findall(r'value="(listen:[^"]+)"', proved)
            assert valley.client.post(link, data={"answer": button}).content == SOUND
            break
    else:
        pytest.fail("no page of the whole lets it be heard")


def test_whoever_says_nothing_after_the_tone_is_put_through(valley: World) -> None:
    call = calls(valley)
    assert "After the tone" in call.words or "Después del tono" in call.words

    call.stays_silent()

    assert call.put_through_to is not None
    assert valley.runtime.read(lambda tx: tx.session.execute(table.select()).all()) == []


def test_calls_are_put_through_at_once_where_nothing_is_recorded(world_of: Worlds) -> None:
    world = world_of(a_tree(COORDINATION))
    world.gives_pins("north/ana", duress=None)

    assert calls(world).put_through_to is not None


def test_what_the_provider_does_not_give_is_asked_for_again(valley: World) -> None:
    """A5: never given up in silence."""
    call = calls(valley).speaks(SOUND)
    call.hang_up()
    gone = dict(valley.sandbox.network.recordings)
    valley.sandbox.network.recordings.clear()
    valley.settles()
    valley.passes(minutes=2)
    assert listed(valley, valley.newest(), valley.key(None, "coordinate")) == []

    valley.sandbox.network.recordings.update(gone)
    valley.passes(minutes=2)

    assert len(listed(valley, valley.newest(), valley.key(None, "coordinate"))) == 1
    assert valley.runtime.read(lambda tx: recordings.due(tx, 9)) == []


def test_coordinators_hear_of_a_recording_that_is_given_up(valley: World) -> None:
    """A2: nobody waits for what the team told, where nobody will hear it."""
    calls(valley).speaks(SOUND).hang_up()
    valley.sandbox.network.recordings.clear()
    valley.settles()
    valley.texts("coordinator", code_in(valley.phone("coordinator").inbox[0]))
    valley.clock.forward(hours=47)
    valley.settles()
    assert "recording_lost" not in valley.newest().timeline()

    valley.clock.forward(hours=2)
    valley.settles()

    assert valley.newest().timeline().count("recording_lost") == 1
    assert [text for text in valley.phone("coordinator").inbox if "said in its call is lost" in text]


def test_a_recording_that_nobody_tells_us_of_is_found_at_the_provider(valley: World) -> None:
    """A12: the provider tells once; what others have recorded with its account is none of our business."""
    network = valley.sandbox.network
    network.recordings["REothers"] = Recording(b"a shop", "CAothers", valley.clock.at, 9)
    called_at = moment(valley.clock.at)
    calls(valley).speaks(SOUND, faults={Fault.CALL_BACK_NEVER}).hang_up()
    valley.settles()
    incident, headers = valley.newest(), valley.key(None, "coordinate")
    valley.sandbox.misbehaves(Fault.ERROR_500, times=99, method="GET")
    valley.catches_up()
    assert listed(valley, incident, headers) == []

    valley.sandbox.recovers()
    valley.clock.forward(hours=1)
    valley.catches_up()
    valley.settles()

    [shown] = listed(valley, incident, headers)
    heard = valley.client.get(f"/v1/incidents/{incident.ref}/recordings/{shown['id']}", headers=headers)
    assert (shown["at"], shown["seconds"], heard.content) == (called_at, 12, SOUND)
    assert list(network.recordings) == ["REothers"]


class Stuck(dict[str, Recording]):
    """Recordings of a provider that deletes none."""

    def __delitem__(self, sid: str) -> None:
        raise Refusal(20500, sid, status=500)


def told(world: World) -> list[str]:
    """The queues of which `/readyz` says that something is put off."""
    return [each.queue for each in world.runtime.read(lambda tx: postponed_rows.still_postponed(tx.session))]


def test_what_the_provider_does_not_delete_is_never_given_up(valley: World) -> None:
    """A9: the operator hears of it after an hour, and a provider that deletes again is asked within six."""
    network = valley.sandbox.network
    network.recordings = Stuck()
    tells(valley).act("close", reason="resolved")
    valley.passes(minutes=50)
    assert told(valley) == []

    valley.passes(hours=26)
    assert told(valley) == ["recordings"]
    assert len(network.recordings) == 1
    network.recordings = dict(network.recordings)
    valley.passes(hours=6)

    assert network.recordings == {}
    assert told(valley) == []


def test_what_belongs_to_no_incident_is_deleted_at_the_provider_and_not_kept(valley: World) -> None:
    """A9: as after a backup was restored, that does not know the call any more."""
    calls(valley).speaks(SOUND).hang_up()
    assert len(valley.sandbox.network.recordings) == 1
    valley.runtime.transact(lambda tx: tx.session.execute(update(inbound).values(reply=None)))

    valley.settles()

    assert valley.sandbox.network.recordings == {}
    [row] = valley.runtime.read(lambda tx: tx.session.execute(table.select()).all())
    assert (row.incident_id, row.audio, row.due_at) == (None, None, None)
