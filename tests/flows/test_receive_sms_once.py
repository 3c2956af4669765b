"""Each text once, on both databases: the same provider id has one effect and the same answer (A1); also at once."""

from collections.abc import Callable, Iterable
from threading import Barrier, Thread

from alertnet.flows.incidents.device_alarm import ALARMED, Pressed, receive_alarm
from alertnet.flows.sms.quarantine import bind_text
from alertnet.store.tables import acknowledgements, inbound, incidents
from tests.flows.switchboard import Switchboard


def test_a_text_that_is_brought_twice_opens_one_incident(any_board: Switchboard) -> None:
    """A1: one effect and the same answer."""
    first = any_board.texts("ana", "SOS", id="SM1")
    any_board.passes(minutes=15)

    assert any_board.texts("ana", "SOS", id="SM1") == first
    assert any_board.replies[0] == any_board.replies[1]
    assert len(any_board.rows(incidents)) == len(any_board.rows(inbound)) == 1


def test_an_answer_that_is_brought_twice_counts_once(any_board: Switchboard) -> None:
    any_board.opens()
    code = any_board.code_of("coordinator")

    replies = [any_board.texts("coordinator", f"OK {code}", id="SM2") for _ in range(2)]

    assert replies[0] == replies[1]
    assert len(any_board.rows(acknowledgements)) == 1


def test_silence_is_repeated_too(any_board: Switchboard) -> None:
    assert any_board.texts("stranger", "hola", id="SM3") is None
    assert any_board.texts("stranger", "hola", id="SM3") is None
    assert len(any_board.rows(inbound)) == 1


def at_one_moment(act: Callable[[str], object], each: Iterable[str]) -> None:
    """Do it for each, all together."""
    things = list(each)
    start = Barrier(len(things))

    def wait_and_act(thing: str) -> None:
        start.wait()
        act(thing)

    threads = [Thread(target=wait_and_act, args=(thing,)) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_text_that_is_brought_twice_at_once_has_one_effect(any_board: Switchboard) -> None:
    any_board.texts("stranger", "hola")
    replies = []

    at_one_moment(lambda id: replies.append(any_board.texts("ana", "SOS", id=id)), ["SM4", "SM4"])

    assert replies[0]
    assert replies[0] == replies[1]
    assert len(any_board.rows(incidents)) == 1


def test_what_a_phone_sends_at_one_moment_opens_one_incident(any_board: Switchboard) -> None:
    """B9: repeated reports join, also those that a phone back in coverage sends in one go."""
    any_board.texts("stranger", "hola")
    said = ("SOS", "SOS nos llevan", "estan aqui")

    at_one_moment(lambda text: any_board.texts("ana", text, id=f"SM {text}"), said)

    assert len(any_board.rows(inbound)) == 1 + len(said)
    assert len(any_board.rows(incidents)) == 1


def test_presses_of_a_device_at_one_moment_open_one_incident(any_board: Switchboard) -> None:
    """A bracelet that is pressed again and again, or a gateway that brings at once what it has kept."""
    runtime, at = any_board.runtime, any_board.clock.at
    edition, places = runtime.edition, ("the bridge", "the road", "the river")

    def press(place: str) -> None:
        pressed = Pressed("bracelet", "north", at, position=place)
        runtime.transact(lambda tx: receive_alarm(tx, edition, pressed)[0].finish())

    at_one_moment(press, places)

    [incident] = any_board.rows(incidents)
    assert {each["position"] for each in any_board.history(incident.id, ALARMED)} == {*places}


def test_two_texts_of_a_phone_that_are_bound_at_one_moment_are_about_one_incident(any_board: Switchboard) -> None:
    """A member wrote twice on a lent phone, and two coordinators say so in the same second."""
    runtime, texts = any_board.runtime, ("SOS", "SOS ayuda")
    edition = runtime.edition
    for text in texts:
        any_board.texts("stranger", text, id=text)

    at_one_moment(
        lambda id: runtime.transact(lambda tx: bind_text(tx, edition, id, "north", "luis", by="desk").finish()), texts
    )

    assert [row.bound_to for row in any_board.rows(inbound)] == ["north/luis"] * 2
    assert len(any_board.rows(incidents)) == 1


def test_what_was_texted_is_sealed(any_board: Switchboard) -> None:
    """C: confidential from the first migration."""
    any_board.texts("ana", "SOS en el puente")

    with any_board.runtime.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT sender, body, reply FROM inbound").one()
    assert [row.body for row in any_board.rows(inbound)] == ["SOS en el puente"]
    assert all(b"puente" not in bytes(column) and b"5550001" not in bytes(column) for column in kept)
