"""The acts of the stories: what people, the provider and the worker do, each of them killed at every point of it."""

from collections.abc import Callable
from typing import Any

from alertnet.sandbox import WebhookAnswer
from tests.crashes.database import DEVICE
from tests.crashes.world import World
from tests.scenarios.world import code_in, link_in, spoken_code_in

ANA, COORDINATOR, FRIEND, STRANGER = "+573005550001", "+573005550101", "+573005550120", "+573009999999"
GUIDE = "+573005550161"
"""The coordinator of the highlands, where the police is called by hand."""
ARREST = {"type": "arrest", "country": "CO", "consent": "international", "people": [{"code": "P7"}]}
WIDER = {"scope": "international", "given_by": "her mother", "how": "by phone"}

Act = Callable[[World], WebhookAnswer | None]
"""Gives our answer where it asks us something."""


def works(world: World) -> None:
    """The worker does what is due."""
    world.works()


def polls_inbound(world: World) -> None:
    """The worker looks for what came in while nobody listened."""
    world.does("poll_missed_inbound")


def keeps_watch(world: World) -> None:
    """The worker shows that it is alive, and looks whether all is well."""
    world.does("beat")


def comes_back(world: World) -> None:
    """The worker begins, and looks first what happened while it was away."""
    world.does("recover")


def calls_back(world: World) -> None:
    """The provider reports how things went."""
    world.sandbox.settle()


def purges(world: World) -> None:
    """The worker purges what is old enough, as it does each hour."""
    world.does("purge")


BY_THEMSELVES = (works, polls_inbound, keeps_watch, comes_back, calls_back, purges)
"""Nobody waits for an answer to these, and all of them are done again and again, however they ended."""


def raises(world: World, **facts: Any) -> WebhookAnswer | None:
    """Somebody raises an incident."""
    return world.asks("POST", "/v1/incidents", {**ARREST, **facts}, key="the-first")


def acts(act: str, body: dict[str, Any]) -> Act:
    """A coordinator does something by the API."""
    return lambda world: world.asks("POST", f"/v1/incidents/{reference(world)}/{act}", body, key=act)


def reference(world: World) -> str:
    """That of the only incident."""
    return str(world.sees("/v1/incidents")["items"][0]["ref"])


def calls_roll(world: World) -> WebhookAnswer | None:
    """The office asks the team whether everybody is safe, and looks for who does not answer."""
    return world.asks("POST", "/v1/roll-calls", {"team": "north", "raise_incidents": True}, key="roll", by="office_key")


def binds(world: World) -> WebhookAnswer | None:
    """A coordinator says that the text of an unknown number is Ana's."""
    (text,) = world.sees("/v1/quarantine", by="office_key")["items"]
    whose = {"team": "north", "member": "ana"}
    return world.asks("POST", f"/v1/quarantine/{text['id']}", whose, key="bind", by="office_key")


def merges(world: World) -> WebhookAnswer | None:
    """A coordinator says that both reports are of one event."""
    later, earlier = (each["ref"] for each in world.sees("/v1/incidents")["items"])
    world.notes["part"] = later
    return world.asks("POST", f"/v1/incidents/{later}/merge", {"into": earlier}, key="merge")


def splits(world: World) -> WebhookAnswer | None:
    """A coordinator says that they were two after all."""
    part = world.notes["part"]
    return world.asks("POST", f"/v1/incidents/{part}/split", {"reports": [part]}, key="split")


def presses_device(world: World) -> WebhookAnswer | None:
    """Somebody presses Ana's bracelet."""
    return world.asks("POST", f"/v1/devices/{DEVICE}/alarm", {}, key="pressed", by="device_key")


def re_resolves(world: World) -> WebhookAnswer | None:
    """A coordinator applies the difference that was looked at."""
    return acts("re-resolve", {"apply": True, "expected": world.notes["difference"]})(world)


def revokes(world: World) -> WebhookAnswer | None:
    """The coordinator takes back the only answer there is."""
    ref = reference(world)
    (answer,) = world.sees(f"/v1/incidents/{ref}")["acknowledgements"]
    return world.asks("DELETE", f"/v1/incidents/{ref}/acknowledgements/{answer['id']}", key="revoke")


def texts(number: str, words: Callable[[World], str]) -> Act:
    """Somebody sends us an SMS."""

    def act(world: World) -> WebhookAnswer | None:
        text = words(world)
        world.answer = None
        world.phone(number).sends(text, world.sandbox.number)
        return world.answer

    return act


def code(world: World, number: str = COORDINATOR) -> str:
    """The code that a phone was sent last."""
    return code_in(world.phone(number).inbox[-1])


def presses(number: str, button: str, **form: str) -> Act:
    """Somebody presses a button on the page that the last text links to."""
    return lambda world: world.opens(link_in(world.phone(number).inbox[-1]), answer=button, **form)


def answers(world: World) -> WebhookAnswer | None:
    """The friend picks up."""
    world.answer = None
    world.phone(FRIEND).answers()
    return world.answer


def keys(world: World) -> WebhookAnswer | None:
    """The friend keys the code that the call has spoken."""
    (call,) = world.phone(FRIEND).calls
    digits = spoken_code_in(call.words)
    world.answer = None
    call.press(digits)
    return world.answer


def takes_charge(world: World) -> WebhookAnswer | None:
    """The friend presses the 1 after the code."""
    (call,) = world.phone(FRIEND).calls
    world.answer = None
    call.press("1")
    return world.answer


def dials(number: str) -> Act:
    """Somebody calls us."""

    def act(world: World) -> WebhookAnswer | None:
        world.answer = None
        world.call = world.phone(number).dials()
        return world.answer

    return act


def keys_in(keyed: str) -> Act:
    """Whoever has called us keys that."""

    def act(world: World) -> WebhookAnswer | None:
        assert world.call is not None
        world.answer = None
        world.call.press(keyed)
        return world.answer

    return act


def declares_restored(world: World) -> WebhookAnswer | None:
    """Somebody types `alertnet db restored`."""
    return world.declares_restored()


VOUCHED = acts("acknowledgements", {"tree": "valley", "contact": "friend", "kind": "acknowledged"})
