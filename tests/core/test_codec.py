"""Core values to plain JSON and back: what the database pins and keeps."""

import json
import pickle
from dataclasses import FrozenInstanceError, field, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alertnet.core.codec import extended, from_plain, to_plain, to_stored, value
from alertnet.core.directory.contact import Disclosure
from alertnet.core.directory.contact_tree import (
    ActionDue,
    ContactTree,
    NeedsGo,
    Otherwise,
    Start,
    Then,
)
from alertnet.core.directory.languages import phrase
from alertnet.core.directory.when import When
from alertnet.core.disclosure import Further, Said, Subject
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import (
    ContactProgress,
    LevelRun,
    LevelStatus,
    MethodUse,
    OpenDecision,
    Pause,
    State,
    Status,
)
from alertnet.core.incident import Affected, Facts, PersonKind, Scope, Severity
from tests.core.cast import NOW, call, contact, coordinator, facts, level, minutes, sms, tree

TREE = tree(
    [
        level("One", "ana", repeat=(3, 2), acknowledge=2, then=Then.NEXT),
        level(
            "Two",
            "desk",
            acknowledge="each_organisation",
            when=When(frozenset({Severity.CRITICAL, Severity.WATCH}), frozenset({"arrest", "*"}), nationality=True),
            needs_go=NeedsGo(frozenset({Severity.CRITICAL}), minutes(0.5)),
            action_due=ActionDue(minutes(60), Otherwise.AGAIN),
        ),
    ],
    [
        coordinator("ana", sms("+1"), call("+1", 3, extension="ww12", relays=True), verified=date(2026, 10, 1)),
        contact("desk", disclosure=Disclosure.FULL, represents="ES", deputy="ana", priority=True),
    ],
    last_resort=("desk",),
    start=Start(minutes(30), unless_acknowledged=True),
)

STATE = State(
    Status.UNANSWERED,
    start_at=NOW,
    round=2,
    onward_from=NOW + minutes(0.123456),
    runs=(
        LevelRun(
            -1,
            1,
            NOW,
            NOW + minutes(15),
            (
                ContactProgress(
                    "ana",
                    NOW,
                    True,
                    stands_for=("desk",),
                    uses=(MethodUse(0, NOW),),
                    failed=(1,),
                    handed_over=(1,),
                    pauses=(Pause("+1", NOW),),
                ),
            ),
            LevelStatus.MET,
            NOW,
        ),
    ),
    answers={"ana": AnswerKind.ACKNOWLEDGED, "desk": AnswerKind.DECLINED},
    relayed=("+1",),
    stale=("sms:+1",),
    goes=(1,),
    held=(0,),
    question=OpenDecision(1, NOW, None, True),
    stopped_from=Status.RUNNING,
)

FACTS = facts(
    occurred_at=NOW,
    people=(Affected("P7", PersonKind.ACCOMPANIER, "ES", consent=Scope.NATIONAL, exclude=("ministry", "army")),),
    exclude=("ministry",),
    place="L12",
)

SAID = Said("PBI", "PBI Colombia", "A-7K3M", "+1", "UTC", code="3275", at=NOW, subject=Subject.VERIFY, names=("P7",))

AS_BEGUN = (
    State(Status.RUNNING, NOW),
    LevelRun(0, 1, NOW, NOW, ()),
    ContactProgress("ana", NOW, told=True),
    OpenDecision(1, NOW, None),
    Said("PBI", "PBI Colombia", "A-7K3M", "+1", "UTC"),
    Further("A-7K3M", None),
)
LEFT_OUT = {
    "State": """onward_from overdue runs answers asked_anew revoked relayed stale goes refused held on_hold_since
        question unverified_since unverified_index in_hand told_more_at round_due_at action_due_at acted met_index
        missed_index confirmed to_confirm stopped_from stopped_at""",
    "LevelRun": "met_at",
    "ContactProgress": """stands_for uses failed handed_over pauses deputised closed_from skipped skipped_at reopened
        edited_at""",
    "OpenDecision": "sent",
    "Said": """drill also code link silent subject about level contacts tree why next_level automatic_at at due_at
        reason names open_codes spoken_code awaited more titles ask country nationals""",
    "Further": "about kind code",
}
"""The fields of what is stored that are left out while they are empty."""


@pytest.mark.parametrize(
    "value", [TREE, STATE, FACTS, replace(STATE, question=None, runs=())], ids=lambda v: type(v).__name__
)
def test_a_value_survives_json(value: Any) -> None:
    """A8: running plans are pinned; what is kept is what was there."""
    assert from_plain(type(value), json.loads(json.dumps(to_plain(value)))) == value


@pytest.mark.parametrize(
    "value", [TREE, STATE, FACTS, replace(STATE, question=None, runs=()), SAID], ids=lambda v: type(v).__name__
)
def test_a_value_survives_without_what_is_empty_in_it(value: Any) -> None:
    """A8: what is kept is what was there."""
    stored = json.loads(json.dumps(to_stored(value)))

    assert from_plain(type(value), stored) == value
    assert len(json.dumps(stored)) < 0.9 * len(json.dumps(to_plain(value)))


def test_only_what_is_empty_by_default_is_left_out() -> None:
    """C: both this version and the one before read it back as empty."""
    assert to_stored(State(Status.RUNNING, NOW)) == {
        "status": "running",
        "start_at": NOW.isoformat(),
        "round": 1,
        "passed": -1,
    }
    assert to_stored(STATE)["question"] == {
        "index": 1,
        "asked_at": NOW.isoformat(),
        "automatic_at": None,  # it has no default, so nobody could read it back
        "sent": True,
    }
    assert to_stored(replace(SAID, expects_answer=False))["expects_answer"] is False


def test_what_is_empty_by_default_stays_so() -> None:
    """C: it is left out of what is stored. Another default would change what was written before."""
    left_out = {type(each).__name__: set(to_plain(each)) - to_stored(each).keys() for each in AS_BEGUN}

    assert left_out == {kind: set(names.split()) for kind, names in LEFT_OUT.items()}


def test_what_a_tuple_holds_of_several_kinds_is_written_by_what_each_is() -> None:
    """A8: the difference that a coordinator confirms is told from others by its plain form."""
    said = phrase("{who} in {days}", who=phrase("nobody"), days=2)

    assert to_plain(said) == {
        "form": "{who} in {days}",
        "values": [["who", {"form": "nobody", "values": []}], ["days", 2]],
    }


def test_equal_values_have_one_plain_form() -> None:
    """C: trees are stored once by content."""
    again = replace(TREE, countries=frozenset(sorted(TREE.countries, reverse=True)))

    assert json.dumps(to_plain(again)) == json.dumps(to_plain(TREE))


def test_each_moment_is_written_in_its_own_zone_though_another_is_equal() -> None:
    """What was written before is kept ready, and equal moments are one key."""
    zone = ZoneInfo("Europe/Berlin")
    in_utc, there = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=zone)

    written = [to_plain(moment) for moment in (in_utc, there, there.replace(fold=1), in_utc, in_utc.astimezone(zone))]

    assert written == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T02:30:00+02:00",
    ]


def test_fields_that_are_absent_take_their_defaults() -> None:
    """C: rows of an earlier version are read by a later one."""
    plain = {"status": "running", "start_at": NOW.isoformat()}

    assert from_plain(State, plain) == State(Status.RUNNING, NOW)


def test_fields_that_are_not_known_any_more_are_left_out() -> None:
    """C: rows of a later version are read by an earlier one."""
    assert from_plain(State, to_plain(State(Status.RUNNING, NOW)) | {"mood": "calm"}) == State(Status.RUNNING, NOW)


def test_what_an_earlier_version_called_otherwise_is_read_as_it_is_called_now() -> None:
    """C: a notice that was queued before an upgrade leaves after it."""
    assert from_plain(Subject, "duress") is Subject.READ_FIRST


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (Facts, {"type": "arrest"}),
        (State, {"status": "asleep", "start_at": NOW.isoformat()}),
        (State, {"status": "running", "start_at": "yesterday"}),
        (ContactTree, to_plain(TREE) | {"levels": 3}),
    ],
    ids=["a field is missing", "no such status", "no instant", "no list"],
)
def test_what_was_not_made_here_is_refused(kind: type, plain: Any) -> None:
    """A11: a row that can't be read is put aside, never half read."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_plain(kind, plain)


@value
class Parcel:
    sender: str
    weight: int = 1
    holds: list[str] = field(default_factory=list)


def test_a_value_is_made_of_what_is_given_and_its_defaults() -> None:
    assert vars(Parcel("ana")) == {"sender": "ana", "weight": 1, "holds": []}
    assert vars(Parcel("ana", 2, holds=["rice"])) == {"sender": "ana", "weight": 2, "holds": ["rice"]}
    assert Parcel("ana") == Parcel(sender="ana")
    assert Parcel("ana").holds is not Parcel("ana").holds


@value
class Form:
    names: str
    fields: str = ""
    made: str = ""
    value: list[str] = field(default_factory=list)


def test_a_field_of_a_value_may_have_a_name_that_its_generated_methods_use() -> None:
    form = Form("n", "f", "m")

    assert (form.names, form.fields, form.made, form.value) == ("n", "f", "m", [])
    assert replace(form, fields="g") == Form("n", "g", "m")


def test_a_value_is_as_frozen_and_as_strict_as_a_dataclass() -> None:
    parcel: Any = Parcel("ana")
    make: Any = Parcel

    with pytest.raises(FrozenInstanceError):
        parcel.weight = 3
    with pytest.raises(TypeError, match=r"Parcel\.__init__\(\) missing 1 required positional argument: 'sender'"):
        make(weight=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        make("ana", colour="red")


@value
class Empty:
    """Nothing is in it."""


@value
class Marked(Parcel):
    seen: int = field(default=0, compare=False)
    pin: str = field(default="", repr=False, kw_only=True)


def test_a_value_of_a_subclass_takes_over_the_fields_of_another() -> None:
    @value
    class Post:
        to: str
        sender: str | None

    @value
    class Sent(Post):
        sender: str
        tries: int = 1

    post = Post("carla", None)

    assert extended(Sent, post, sender="ana", tries=2) == Sent("carla", "ana", 2)
    with pytest.raises(TypeError, match="Sent has other fields"):
        extended(Sent, post, sender="ana")
    with pytest.raises(TypeError, match="Sent has other fields"):
        extended(Sent, post, sender="ana", tries=2, size=1)


def test_values_are_alike_by_the_fields_that_count() -> None:
    one, same, other = (Marked("ana", holds=[], seen=seen, pin=pin) for seen, pin in ((1, "4"), (2, "4"), (1, "5")))

    assert one == same
    assert one != other
    assert one != Parcel("ana")
    assert hash(Empty()) == hash(Empty())
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(one)


def test_a_value_shows_its_fields_but_those_that_nobody_may_see() -> None:
    """A9: a log holds no PIN."""
    assert repr(Marked("ana", 2, pin="4711")) == "Marked(sender='ana', weight=2, holds=[], seen=0)"
    assert (repr(Empty()), Empty.__doc__, Parcel.__doc__) == ("Empty()", "Nothing is in it.", "Parcel")


def test_a_value_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(Marked("ana", 2, pin="4711"))) == Marked("ana", 2, pin="4711")


def test_nothing_of_a_value_can_be_taken_away() -> None:
    parcel = Parcel("ana")

    with pytest.raises(FrozenInstanceError, match="cannot delete field 'sender'"):
        del parcel.sender

    assert parcel.sender == "ana"


def test_what_does_more_than_set_its_fields_is_made_by_a_dataclass_of_its_own() -> None:
    class Weighed:
        weight: int

        def __post_init__(self) -> None:
            assert self.weight > 0

    with pytest.raises(TypeError, match="Weighed is made by more than its fields"):
        value(Weighed)
