"""Nobody hears of it whom those concerned have not agreed to tell, whoever lists them (A3)."""

from typing import Any

import pytest

from tests.scenarios.world import World


def reasons(incident: Any) -> dict[str, str]:
    """Why each pruned contact was, by contact."""
    return {each["contact"]: each["reason"] for each in incident["pruned"]}


def everybody_told(world: World) -> set[str]:
    """Every address that anything was sent to."""
    network = world.sandbox.network
    return {message.to for message in network.messages.values()} | {call.to for call in network.calls.values()}


def test_national_consent_sends_nothing_abroad(world: World) -> None:
    """A3: embassies, the EU and the UN are pruned, and stay silent through every round."""
    incident = world.raises(consent="national", people=[], perpetrator="none")
    world.passes(hours=2)

    why = reasons(incident)
    assert why["embassy-es"] == why["eu-delegation"] == why["ohchr"] == "consent"
    assert not everybody_told(world) & {"+34915550140", "+49305550141", "+3225550142", "+573005550160"}


def test_an_embassy_of_another_nationality_is_pruned_with_its_reason(world: World) -> None:
    """B1: P7 is a Spaniard, so Germany's embassy is not troubled."""
    incident = world.raises()
    world.passes(minutes=40)

    assert reasons(incident)["embassy-de"] == "nationality"
    assert "+49305550141" not in everybody_told(world)
    assert world.phone("spain").inbox


def test_the_accused_institution_hears_nothing(world: World) -> None:
    """A3: neither the brigade nor the ministry over it, in any round."""
    incident = world.raises(perpetrator="army")
    world.passes(hours=2)

    assert reasons(incident)["brigade"] == reasons(incident)["ministry-defence"] == "perpetrator"
    assert not everybody_told(world) & {"+576075550111", "+576015550122"}
    assert world.mailbox("derechos@mindefensa.example").mails == []


@pytest.mark.parametrize("name", ["ombuds", "Office of the Ombudsman"])
def test_an_excluded_contact_is_spared_by_id_or_organisation(world: World, name: str) -> None:
    """A3: and the answer says so."""
    incident = world.raises(exclude=[name])
    world.passes(minutes=30)

    assert reasons(incident)["ombuds"] == "excluded"
    assert world.phone("ombuds").inbox == []


def test_a_name_to_exclude_that_nobody_bears_is_refused(world: World) -> None:
    """B1: a slip there would tell whom it meant to spare."""
    answer = world.client.post(
        "/v1/incidents",
        json={"type": "arrest", "country": "CO", "exclude": ["ministry-defense"]},
        headers=world.headers,
    )

    assert answer.status_code == 422
    assert "ministry-defence" in answer.text


def test_narrower_consent_stops_what_was_about_to_leave(world: World) -> None:
    """A3, A8: consent withdrawn before the embassies' level opened means that they never hear."""
    incident = world.raises()
    incident.act("consent", scope="national", given_by="P7", how="by telephone")
    world.passes(hours=1)

    assert world.phone("spain").inbox == []
    assert incident["consent"] == "national"
