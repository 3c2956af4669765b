"""A second provider takes over when the first is away and gives back: nothing is lost, nothing goes twice (A5)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from alertnet.sandbox import Fault, Sandbox
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import reports, tries
from tests.scenarios.world import CAST, FRIDAY_NIGHT, PUBLIC_URL, World, spoken_code_in
from tests.support.rows import in_long

OTHER_ACCOUNT, OTHER_TOKEN, OTHER_NUMBER = "AC" + "2" * 32, "other-token", "+15005550016"
COORDINATOR = CAST["coordinator"]


class Rival(Sandbox):
    """The second provider's network: an account, a number and handsets of its own; it joins a world's time."""

    world: World | None = None

    def texts(self, number: str = COORDINATOR) -> list[str]:
        """What this provider has brought to that number."""
        return list(self.handset(number).inbox)


@pytest.fixture
def rival() -> Iterator[Rival]:
    def now() -> datetime:
        return sandbox.world.clock() if sandbox.world else FRIDAY_NIGHT

    sandbox = Rival(
        account_sid=OTHER_ACCOUNT,
        auth_token=OTHER_TOKEN,
        public_url=PUBLIC_URL,
        number=OTHER_NUMBER,
        now=now,
        post=lambda url, params, headers: sandbox.world.post(url, params, headers),  # type: ignore[union-attr]
    )
    with sandbox:
        yield sandbox


def world_with(world_on: Worlds, tmp_path: Path, rival: Rival, **settings: str) -> World:
    """A world with two providers."""
    second = {
        "TWILIO_2_ACCOUNT_SID": OTHER_ACCOUNT,
        "TWILIO_2_AUTH_TOKEN": OTHER_TOKEN,
        "ALERTNET_TWILIO_2_FROM": OTHER_NUMBER,
        "ALERTNET_TWILIO_2_API_URL": rival.api_url,
        "ALERTNET_SMTP_2_URL": rival.smtp_url,
    }
    world = world_on(f"sqlite:///{tmp_path / 'alertnet.db'}", **second, **settings)
    world.networks.append(rival)
    rival.world = world
    return world


@pytest.fixture
def world(world_on: Worlds, tmp_path: Path, rival: Rival) -> World:
    return world_with(world_on, tmp_path, rival)


def away(world: World) -> list[tuple[str, str]]:
    """Which providers are away, by which methods."""
    found = world.client.get("/readyz").json()["away"]
    return [(each["method"], each["provider"]) for each in found]


def test_the_second_takes_over_at_once_and_no_other_method_is_hurried(world: World, rival: Rival) -> None:
    """A5: surely not sent by the one is sent by the other in the same moment; call and mail keep their time.

    A4: a call is ended by whoever placed it.
    """
    world.sandbox.stop()

    incident = world.raises()

    (attempt,) = tries(incident, "coordinator", "sms")
    assert (attempt.status, attempt.provider, attempt.sender) == ("delivered", "2", OTHER_NUMBER)
    assert len(rival.texts()) == 1
    assert incident.timeline().count("attempt_turned_away") == len(tries(incident, "coordinator", "sms"))
    assert tries(incident, "coordinator", "call") == []

    world.passes(minutes=3)
    (mail,) = rival.mailbox("duty@pbi-colombia.example").mails
    assert mail.sender == "alertnet@sandbox.example"
    assert rival.handset(COORDINATOR).ringing is not None
    incident.act("acknowledgements", expect=201, tree="colombia", contact="coordinator", kind="acknowledged")
    assert rival.handset(COORDINATOR).ringing is None


def test_a_call_and_its_keys_work_by_the_second(world: World, rival: Rival) -> None:
    """A6: its webhooks are signed with its own token, and what is keyed there proves as much."""
    world.sandbox.stop()
    incident = world.raises()
    world.passes(minutes=3)

    call = rival.handset(COORDINATOR).answers()
    call.press(spoken_code_in(call.words)).press("1")
    world.settles()

    assert incident.answers()[0][0] == "coordinator"


def test_after_a_run_of_faults_the_first_is_not_tried_any_more_until_it_is_back(world: World, rival: Rival) -> None:
    """While it is away nothing burns time on it; it is asked, and once it answers all is as before."""
    world.sandbox.stop()
    for _ in range(5):
        reports(world)
    world.settles()
    assert ("sms", "1") in away(world)

    later = world.raises()

    assert "attempt_turned_away" not in later.timeline()
    assert tries(later, "coordinator", "sms")[0].provider == "2"

    world.sandbox.start()
    world.passes(minutes=1)
    before = len(rival.texts())

    trying, after = world.raises(), world.raises()

    assert [tries(each, "coordinator", "sms")[0].provider for each in (trying, after)] == ["1", "1"]
    assert len(rival.texts()) == before
    assert away(world) == []


def test_an_alert_never_tries_a_provider_that_does_not_answer(world: World, rival: Rival) -> None:
    """Who is asked for a sign of life is the provider, not somebody in danger."""
    world.sandbox.stop()
    before = [reports(world) for _ in range(5)]
    world.settles()
    for each in before:
        each.act("close", reason="resolved")
    world.passes(hours=1)

    incident = world.raises()

    assert "attempt_turned_away" not in incident.timeline()
    assert tries(incident, "coordinator", "sms")[0].provider == "2"


def test_an_unknown_outcome_is_settled_by_asking_the_one_that_had_it(world: World, rival: Rival) -> None:
    """A5: what the first took without saying so is found there, and does not go by the second too."""
    for fault in (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER):
        world.sandbox.misbehaves(fault, number=COORDINATOR)
    incident = world.raises()

    world.passes(minutes=2)

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
    assert (len(world.phone("coordinator").inbox), rival.texts()) == (1, [])


def test_the_one_re_send_goes_by_whoever_works(world: World, rival: Rival) -> None:
    """A5: lost by the first, which is away when the time for the re-send comes: one more, by the second, marked."""
    world.sandbox.misbehaves(Fault.ERROR_500, number=COORDINATOR)
    incident = world.raises()
    world.sandbox.stop()

    world.passes(seconds=76)

    lost, extra = tries(incident, "coordinator", "sms")
    assert (lost.provider, lost.failure) == ("1", "outcome_unknown")
    assert (extra.provider, extra.extra, extra.status) == ("2", True, "delivered")
    assert len(rival.texts()) == 1


def test_an_account_that_may_not_send_there_gives_way_to_the_other(world: World, rival: Rival) -> None:
    """Not the recipient's fault, so the number is good, and the second account may reach it."""
    world.sandbox.network.account_sid = "AC" + "9" * 32  # the first account is not known any more
    world.sandbox.stop()
    incident = world.raises()

    assert tries(incident, "coordinator", "sms")[0].provider == "2"


def test_a_number_that_does_not_exist_is_no_fault_of_the_provider(world: World, rival: Rival) -> None:
    """A contact's own invalid number opens no breaker, and no other provider is bothered with it."""
    world.phone("coordinator").behaves("invalid")
    incidents = [reports(world) for _ in range(6)]
    world.settles()

    assert [tries(each, "coordinator", "sms")[0].failure for each in incidents] == ["invalid"] * 6
    assert away(world) == []
    assert rival.texts() == []


def test_the_prefix_of_a_number_decides_who_comes_first(world_on: Worlds, tmp_path: Path, rival: Rival) -> None:
    """ALERTNET_ROUTES: Colombia by the second, all others by the first."""
    world = world_with(world_on, tmp_path, rival, ALERTNET_ROUTES="+57=2,1 *=1,2")
    world.raises()
    world.passes(minutes=6)

    assert len(rival.texts()) >= 1
    assert world.phone("coordinator").inbox == []
    assert rival.texts(CAST["head office"]) == []
    assert len(world.phone("head office").inbox) >= 1


@pytest.mark.parametrize("fault", [Fault.WRONG_TOKEN, in_long(Fault.SUSPENDED), in_long(Fault.FORBIDDEN)])
def test_the_second_takes_over_where_the_first_refuses_our_account(world: World, rival: Rival, fault: Fault) -> None:
    """B3: surely not sent by the one goes by the other in the same moment, and no other method is hurried."""
    world.sandbox.misbehaves(fault, times=10**6)

    incidents = [world.raises() for _ in range(3)]

    assert [tries(each, "coordinator", "sms")[0].status for each in incidents] == ["delivered"] * 3
    assert len(rival.texts()) == 3
    assert [tries(each, "coordinator", "call") for each in incidents] == [[], [], []]
    if fault is not Fault.FORBIDDEN:
        # What the provider says itself need not be said twice.
        assert ("sms", "1") in away(world)
        assert [each.timeline().count("attempt_turned_away") > 0 for each in incidents] == [True, False, False]
