"""The flows of the program, each as a story: what goes before, and the act that is killed at every point of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from alertnet.sandbox import Answer, Fault
from tests.crashes.database import PIN
from tests.crashes.world import World
from tests.scenarios.world import code_in, spoken_code_in

ANA, COORDINATOR, FRIEND, STRANGER = "+573005550001", "+573005550101", "+573005550120", "+573009999999"
ARREST = {"type": "arrest", "country": "CO", "consent": "international", "people": [{"code": "P7"}]}


Act = Callable[[World], Answer | None]
"""Gives our answer where it asks us something."""


@dataclass(frozen=True)
class Story:
    """What goes before, and the act that may end in a death at any point.

    `second_doubt`: what leaves in it is in doubt for the second time if it is in doubt at all.
    """

    name: str
    act: Act
    before: Callable[[World], None] = lambda world: None
    second_doubt: bool = False

    @property
    def asks(self) -> bool:
        """Whether somebody waits for our answer, and asks again where there is none."""
        return self.act not in (works, calls_back)


def raises(world: World, **facts: Any) -> Answer | None:
    """Somebody raises an incident."""
    return world.asks("POST", "/v1/incidents", {**ARREST, **facts}, key="the-first")


def raised(world: World, **facts: Any) -> None:
    """An incident is on the record, and nothing of it has left yet."""
    assert raises(world, **facts) is not None


def told(world: World, **facts: Any) -> None:
    """Everybody of the first level has been told; a phone rings."""
    raised(world, **facts)
    world.settles()


def sent(world: World) -> None:
    """The provider has everything, and has not reported yet."""
    raised(world)
    world.works()


def works(world: World) -> None:
    """The worker does what is due; nobody waits for an answer."""
    world.works()


def calls_back(world: World) -> None:
    """The provider reports how things went, and asks no second time."""
    world.sandbox.settle()


def acts(act: str, body: dict[str, Any]) -> Act:
    """A coordinator does something by the API."""
    return lambda world: world.asks("POST", f"/v1/incidents/{reference(world)}/{act}", body, key=act)


def reference(world: World) -> str:
    """That of the only incident."""
    return str(world.sees("/v1/incidents")["items"][0]["ref"])


def texts(number: str, words: Callable[[World], str]) -> Act:
    """Somebody sends us an SMS."""

    def act(world: World) -> Answer | None:
        text = words(world)
        world.answer = None
        world.phone(number).sends(text, world.sandbox.number)
        return world.answer

    return act


def code(world: World) -> str:
    """The code that the coordinator was sent last."""
    return code_in(world.phone(COORDINATOR).inbox[-1])


def presses(world: World) -> Answer | None:
    """The coordinator presses the button on the page that the alert links to."""
    found = re.search(r"https?://[^/]+(/a/\w+)", world.phone(COORDINATOR).inbox[0])
    assert found
    return world.opens(found[1], answer="acknowledge", by="Carla")


def answers(world: World) -> Answer | None:
    """The friend picks up."""
    world.answer = None
    world.phone(FRIEND).answers()
    return world.answer


def keys(world: World) -> Answer | None:
    """The friend keys the code that the call has spoken."""
    (call,) = world.phone(FRIEND).calls
    digits = spoken_code_in(call.words)
    world.answer = None
    call.press(digits)
    return world.answer


def picked_up(world: World) -> None:
    """The friend is in the call."""
    told(world)
    answers(world)


def dials(world: World) -> Answer | None:
    """The coordinator calls us."""
    world.answer = None
    world.phone(COORDINATOR).dials()
    return world.answer


def revokes(world: World) -> Answer | None:
    """The coordinator takes back the only answer there is."""
    ref = reference(world)
    (answer,) = world.sees(f"/v1/incidents/{ref}")["acknowledgements"]
    return world.asks("DELETE", f"/v1/incidents/{ref}/acknowledgements/{answer['id']}", key="revoke")


VOUCHED = acts("acknowledgements", {"tree": "valley", "contact": "friend", "kind": "acknowledged"})


def vouched(world: World) -> None:
    """The friend's answer is on the record, and its call is over."""
    told(world)
    VOUCHED(world)
    world.settles()


def closed(world: World) -> None:
    """The incident is over, and everybody has heard so."""
    told(world)
    acts("close", {"reason": "resolved"})(world)
    world.settles()


def waits(world: World, **span: float) -> None:
    """Time goes by, and what is due at its end is still to be done."""
    end = world.clock() + timedelta(**span)
    world.passes(seconds=timedelta(**span).total_seconds() - 0.001)
    world.clock.move(end)


def fell_due(world: World) -> None:
    """Nobody has answered; the next level is due."""
    told(world)
    waits(world, minutes=30)


def asked_in_vain(world: World) -> None:
    """A bare SOS waits for a coordinator's word; it is time to ask again."""
    world.phone(ANA).sends("SOS", world.sandbox.number)
    world.settles()
    waits(world, minutes=10)


def died_with_leases(world: World) -> None:
    """The worker has died after it took three messages to send and before it sent one; its leases are over."""
    raised(world)
    with world.referee.watches(most=3):
        world.works()
    world.clock.move(world.clock() + timedelta(seconds=30))


def left_in_doubt(world: World) -> None:
    """The provider has the SMS, its answer was lost, and it never calls back; it is time to ask."""
    world.sandbox.misbehaves(Fault.LOSE_ANSWER, number=COORDINATOR)
    world.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=COORDINATOR)
    told(world)
    waits(world, seconds=15)


def never_arrived(world: World) -> None:
    """The provider failed over the SMS, and has said once that it does not know it; it is time to ask again."""
    world.sandbox.misbehaves(Fault.ERROR_500, number=COORDINATOR)
    told(world)
    waits(world, seconds=75)


def cannot_be_asked(world: World) -> None:
    """The provider will neither call back nor list what it takes."""
    raised(world)
    world.sandbox.misbehaves(Fault.CALL_BACK_NEVER, times=9)
    world.sandbox.misbehaves(Fault.LIST_LATE, times=9, delay=timedelta(hours=1))


STORIES = (
    Story("An incident is raised by API", raises),
    Story("An SOS comes by SMS", texts(ANA, lambda _: "SOS")),
    Story("A report comes by SMS", texts(ANA, lambda _: f"ALERT {PIN} 31 L12 P7 C2 followed by a car")),
    Story("A stranger texts", texts(STRANGER, lambda _: "hello")),
    Story("SMS, call and mail leave", works, raised),
    Story("They leave, and the provider can't be asked", works, cannot_be_asked),
    Story("The provider reports", calls_back, sent),
    Story("A lease is over", works, died_with_leases),
    Story("A lost answer is asked for", works, left_in_doubt),
    Story("What never arrived is sent again", works, never_arrived, second_doubt=True),
    Story("The next level falls due", works, fell_due),
    Story("A decision is asked for again", works, asked_in_vain),
    Story("A code acknowledges by SMS", texts(COORDINATOR, lambda world: f"OK {code(world)}"), told),
    Story("A code declines by SMS", texts(COORDINATOR, lambda world: f"NO {code(world)}"), told),
    Story("A wrong code comes", texts(COORDINATOR, lambda _: "OK 1984"), told),
    Story("A button acknowledges on the page", presses, told),
    Story("A call is picked up", answers, told),
    Story("A code acknowledges in the call", keys, picked_up),
    Story("A contact calls in", dials, told),
    Story("A coordinator vouches, and a phone stops ringing", VOUCHED, told),
    Story("An answer is revoked", revokes, vouched),
    Story("A level is let go", acts("go", {"decision": "go", "tree": "valley", "level": "Embassies"}), told),
    Story("News comes", acts("updates", {"text": "They were seen alive", "severity": "critical"}), told),
    Story("An action is reported", acts("actions", {"contact": "friend", "action": "visited"}), vouched),
    Story("Consent is narrowed", acts("consent", {"scope": "internal", "given_by": "Ana", "how": "by phone"}), told),
    Story("A contact is excluded", acts("exclude", {"contacts": ["office"]}), told),
    Story("The incident is closed", acts("close", {"reason": "resolved"}), told),
    Story("The incident is reopened", acts("reopen", {"reason": "he was taken again"}), closed),
)
