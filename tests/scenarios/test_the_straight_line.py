"""One evening, from an SOS in the field to the stand-down."""

from tests.scenarios.world import World, decision_code_in, link_in, spoken_code_in


def test_an_sos_reaches_the_coordinator_then_the_embassies_and_ends_with_a_stand_down(world: World) -> None:
    """A1, A2, A6: the whole line, each step by the one before it."""
    world.hears_each_step = True

    # Ana's phone sends three letters. She hears that they were understood.
    reply = world.reply_to("ana", "SOS")
    incident = world.newest()
    assert incident.ref in reply
    assert incident["verified"] is False

    # The coordinator gets one SMS: the alert, and the question whether it is true. Nobody abroad hears anything yet.
    (alert,) = world.phone("coordinator").inbox
    assert f"alerta {incident.ref}" in alert
    assert world.phone("spain").inbox == []

    # The phone rings; its spoken code is keyed, nothing to the question, which is passed over, and a 1 to the alert.
    call = world.phone("coordinator").answers()
    call.press(spoken_code_in(call.words)).stays_silent().press("1")
    world.settles()
    assert incident.answers() == [("coordinator", "acknowledged", "call")]

    # GO by SMS verifies it; the embassies' level comes in its own time.
    world.texts("coordinator", f"GO {decision_code_in(alert)}")
    assert incident["verified"] is True
    world.passes(minutes=20)
    assert incident.level("international") == "Embassies"
    assert world.phone("spain").inbox

    # The Spanish embassy opens its link, which records nothing, and presses the button, which does.
    path = link_in(world.phone("spain").inbox[0])
    assert world.client.get(path).status_code == 200
    assert len(incident.answers()) == 1
    assert world.client.post(path, data={"answer": "acknowledge"}).status_code == 200
    world.settles()
    assert {each["contact"] for each in incident["acknowledgements"]} == {"coordinator", "embassy-es"}

    # It is over: exactly those who were told or rung hear that, the second coordinator too, who was only asked.
    kinds = ("alert", "reminder", "decision", "alarm", "notice")
    told = {contact for kind in kinds for contact, _ in incident.told(kind)}
    assert "coordinator-2" in told
    incident.act("close", reason="released")
    assert {contact for contact, _ in incident.told("stand_down")} == told
    assert {each["status"] for each in incident["escalations"]} == {"stopped"}
