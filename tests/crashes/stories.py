"""The flows of the program, each as a story: a situation, and the act in it that is killed at every point."""

from dataclasses import dataclass
from functools import partial

from tests.crashes.acts import (
    ANA,
    BY_THEMSELVES,
    COORDINATOR,
    FRIEND,
    GUIDE,
    STRANGER,
    VOUCHED,
    WIDER,
    Act,
    acts,
    answers,
    binds,
    calls_back,
    calls_roll,
    code,
    comes_back,
    declares_restored,
    dials,
    keeps_watch,
    keys,
    keys_in,
    merges,
    polls_inbound,
    presses,
    presses_device,
    purges,
    raises,
    re_resolves,
    revokes,
    splits,
    takes_charge,
    texts,
    works,
)
from tests.crashes.database import DURESS, PIN
from tests.crashes.situations import (
    Situation,
    asked_in_vain,
    called,
    cannot_be_asked,
    closed,
    coerced,
    died_with_leases,
    edit_seen,
    fell_due,
    hung_up,
    kept,
    left_unknown,
    listened,
    long_over,
    merged,
    missed,
    never_arrived,
    nothing,
    noticed,
    old_backup,
    overdue,
    picked_up,
    proven,
    raised,
    read_alone,
    reported,
    reported_twice,
    rung_out,
    sent,
    set_aside,
    spoken,
    stood_still,
    task_asked,
    task_due,
    task_taken,
    told,
    unanswered,
    under_way,
    unheard,
    vouched,
    widening_seen,
)


@dataclass(frozen=True)
class Story:
    """What goes before, and the act that may end in a death at any point.

    `second_unknown`: what leaves in it is in doubt for the second time if it is in doubt at all.
    """

    name: str
    act: Act
    before: Situation = nothing
    second_unknown: bool = False

    @property
    def asks(self) -> bool:
        """Whether somebody waits for our answer, and asks again where there is none."""
        return self.act not in BY_THEMSELVES


ACKNOWLEDGES = texts(COORDINATOR, lambda world: f"OK {code(world)}")
SOS = texts(ANA, lambda _: "SOS")

STORIES = (
    Story("An incident is raised by API", raises),
    Story("An SOS comes by SMS", SOS),
    Story("A report comes by SMS", texts(ANA, lambda _: f"ALERT {PIN} 31 L12 P7 C2 followed by a car")),
    Story("A text that is no report comes", texts(ANA, lambda _: "they are in front of the house again")),
    Story("An incident is opened from such a text", presses(COORDINATOR, "open", pin=PIN), read_alone),
    Story("A member calls", dials(ANA)),
    Story("A member keys the PIN in its call", keys_in(f"{PIN}*"), called),
    Story("A member keys in it what has happened", keys_in("20"), proven),
    Story("What a member has told in a call is fetched", works, spoken),
    Story("It is deleted at the provider", works, kept),
    Story("An incident is purged", purges, long_over),
    Story("A journey begins", texts(ANA, lambda _: f"GO {PIN} L12 22:00")),
    Story("A check-in comes", texts(ANA, lambda _: f"ARR {PIN}"), under_way),
    Story("A check-in is overdue", works, overdue),
    Story("A check-in is missed", works, missed),
    Story("A check-in under duress comes", texts(ANA, lambda _: f"OK {DURESS}"), under_way),
    Story("What duress calls for is done", works, coerced),
    Story("An alarm is called off by SMS", texts(ANA, lambda _: f"FALSE {PIN}"), reported),
    Story("Everybody is asked whether they are safe", calls_roll),
    Story("An answer to a roll-call does not come", works, unanswered),
    Story("A text of an unknown number is bound", binds, set_aside),
    Story("A device is pressed", presses_device),
    Story("A stranger texts", texts(STRANGER, lambda _: "hello")),
    Story("An SOS that nobody heard is fetched", polls_inbound, unheard(SOS, nothing)),
    Story("SMS, call and mail leave", works, raised),
    Story("They leave, and the provider can't be asked", works, cannot_be_asked),
    Story("The provider reports", calls_back, sent),
    Story("A lease is over", works, died_with_leases),
    Story("A lost answer is asked for", works, left_unknown),
    Story("What never arrived is sent again", works, never_arrived, second_unknown=True),
    Story("The next level falls due", works, fell_due),
    Story("A decision is asked for again", works, asked_in_vain),
    Story("A code acknowledges by SMS", ACKNOWLEDGES, told),
    Story("A code declines by SMS", texts(COORDINATOR, lambda world: f"NO {code(world)}"), told),
    Story("A wrong code comes", texts(COORDINATOR, lambda _: "OK 1984"), told),
    Story("A code that nobody heard is fetched", polls_inbound, unheard(ACKNOWLEDGES, rung_out)),
    Story("A button acknowledges on the page", presses(COORDINATOR, "acknowledge", by="Carla", pin=PIN), told),
    Story("A call is picked up", answers, told),
    Story("A code is keyed in the call", keys, picked_up),
    Story("A one after the code takes charge", takes_charge, listened),
    Story("A contact calls in", dials(COORDINATOR), told),
    Story("A call that nobody received is fetched", polls_inbound, unheard(dials(FRIEND))),
    Story("A caller hung up before keying a code", polls_inbound, hung_up),
    Story("A coordinator vouches, and a phone stops ringing", VOUCHED, told),
    Story("An answer is revoked", revokes, vouched),
    Story("An answer is revoked on the page of its notice", presses(COORDINATOR, "revoke", pin=PIN), noticed),
    Story("A level is let go", acts("go", {"decision": "go", "tree": "valley", "level": "Embassies"}), told),
    Story("An escalation is held", texts(COORDINATOR, lambda world: f"HOLD {code(world)}"), told),
    Story("A task is due", works, task_due),
    Story("A task is taken on its page", presses(GUIDE, "take"), task_asked),
    Story("A task's result is reported on its page", presses(GUIDE, "acknowledge"), task_taken),
    Story("A task's result is reported by SMS", texts(GUIDE, lambda world: f"NO {code(world, GUIDE)}"), task_taken),
    Story("A task's call was not answered", presses(GUIDE, "no_answer"), task_taken),
    Story("News comes", acts("updates", {"text": "They were seen alive", "severity": "critical"}), told),
    Story("An action is reported", acts("actions", {"contact": "friend", "action": "visited"}), vouched),
    Story("Consent is narrowed", acts("consent", {"scope": "internal", "given_by": "Ana", "how": "by phone"}), told),
    Story("Consent is widened", acts("consent", WIDER), partial(told, consent="national")),
    Story("Wider consent is applied", re_resolves, widening_seen),
    Story("Edited trees are applied", re_resolves, edit_seen),
    Story("A contact is excluded", acts("exclude", {"contacts": ["office"]}), told),
    Story("Two reports are merged", merges, reported_twice),
    Story("A merged report is split off", splits, merged),
    Story("The incident is closed", acts("close", {"reason": "resolved"}), told),
    Story("The incident is reopened", acts("reopen", {"reason": "he was taken again"}), closed),
    Story("A worker comes back after a while away", comes_back, unheard(ACKNOWLEDGES, minutes=60)),
    Story("A worker begins after a standstill", keeps_watch, stood_still),
    Story("A backup is declared the database", declares_restored, old_backup),
    Story("A worker finds itself on an old backup", comes_back, old_backup),
)
