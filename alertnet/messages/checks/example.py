"""An invented case with every field filled, for checks and examples."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alertnet.core.disclosure import Said, Subject
from alertnet.core.escalation.quorum import Action
from alertnet.core.incident import Affected, CloseReason, Facts, Scope, Severity
from alertnet.messages.page import Page, TaskDetails

_AT = datetime(2026, 11, 24, 7, 14, tzinfo=UTC)

EXAMPLE = Said(
    sender="PBI",
    organisation="Peace Brigades International",
    ref="A-7K3M",
    callback="+573005550101",
    timezone="America/Bogota",
    type="arrest",
    severity=Severity.CRITICAL,
    code="4711",
    link="https://alerts.example.org/a/ABCDEFGH23456789",
    about="embassy-es",
    level=3,
    contacts=12,
    automatic_at=_AT + timedelta(minutes=20),
    at=_AT,
    due_at=_AT + timedelta(hours=1),
    reason=CloseReason.RELEASED,
    tree="International support",
    next_level="Embassies and delegations",
    why=("needs_go",),
    names=("arrest", "P7"),
    spoken_code="407",
    awaited="L12 18:00",
    ask={"en": "call_authority"},
    country="CO",
    nationals=True,
)

FACTS = Facts(
    "arrest",
    Severity.CRITICAL,
    "CO",
    consent=Scope.INTERNATIONAL,
    people=(Affected("P7", name="Maria Example"),),
    place="L12",
    summary="Two people were taken from a car.",
    details="They were last seen at the northern post.",
    ask="call_authority",
)

CANARIES = Facts(
    "arrest",
    Severity.CRITICAL,
    "CO",
    people=(Affected("CANARY-CODE", name="CANARY-NAME"),),
    place="CANARY-PLACE",
    summary="CANARY-SUMMARY",
    details="CANARY-DETAILS",
)
"""Facts that are easy to find in rendered text, to prove that it does not show them."""

ANSWERS = ("acknowledge", "relay", "decline", "wrong_person")
DECISIONS = ("go", "hold", "refuse")

ANSWERED = Page(
    EXAMPLE, answers=ANSWERS, answered=True, actions=tuple(Action), rest="hold", takes_pin=True, opens_details=True
)
"""A contact's page with every button there is."""

ON_TASK = Page(
    replace(EXAMPLE, subject=Subject.TASK),
    answers=("take", *ANSWERS[:3], "no_answer", "wrong_person"),
    asked=True,
    task=TaskDetails(("5th Brigade",), "es", "Call them:\nwe know.", ("+573005550111",), ("+573005550111",)),
    contacts=(("colombia/brigade", "5th Brigade (brigade)"),),
    takes_pin=True,
)
"""A coordinator's page with every button there is."""
