"""The number that a message asks to call: somebody else's, since nobody reaches a colleague at their own phone (B1)."""

from dataclasses import replace

from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import ContactTree
from tests.core.cast import call, contact, email, level, sms, tree

ANA = replace(contact("ana", sms("+571"), call("+572", 3)), role=Role.COORDINATOR)
BEA = contact("bea", email("bea@pbi.example"), sms("+573"))
DESK = contact("desk", call("+574"))


def with_callback(number: str, *, deputy: str | None = None) -> ContactTree:
    """A tree that asks to call that number; Ana's deputy may be Bea."""
    contacts = (replace(ANA, deputy=deputy), BEA, DESK)
    return tree([level("One", "ana", "bea")], contacts, last_resort=("desk",), callback=number)


def test_whoever_is_told_calls_the_trees_callback() -> None:
    made = with_callback("+571")

    assert made.callback_for(made.contacts["bea"]) == "+571"


def test_whose_number_the_callback_is_calls_the_deputy() -> None:
    made = with_callback("+572", deputy="bea")

    assert made.callback_for(made.contacts["ana"]) == "+573"


def test_without_a_deputy_the_head_office_is_called() -> None:
    made = with_callback("+571")

    assert made.callback_for(made.contacts["ana"]) == "+574"


def test_the_head_office_calls_a_coordinator() -> None:
    made = with_callback("+574")

    assert made.callback_for(made.contacts["desk"]) == "+571"


def test_where_nobody_else_has_a_telephone_the_callback_stays() -> None:
    made = tree([level("One", "desk")], (DESK,), last_resort=("desk",), callback="+574")

    assert made.callback_for(made.contacts["desk"]) == "+574"


def test_the_field_calls_its_teams_number_then_the_trees() -> None:
    made = with_callback("+579")

    assert made.callback_for_field("+578", own="+570") == "+578"
    assert made.callback_for_field(None, own="+570") == "+579"


def test_the_field_calls_the_next_number_that_has_not_been_silent() -> None:
    """B3: a coordinator's, then head office's; one that was silent only where all were; never its own."""
    made = with_callback("+579")
    rung = {"+571", "+572"}

    assert made.callback_for_field("+578", own="+570", last={"+578"}) == "+579"
    assert made.callback_for_field("+579", own="+570", last={"+579"} | rung) == "+574"
    assert made.callback_for_field(None, own="+574", last={"+579", "+574"} | rung) == "+572"


def test_nobody_is_asked_to_call_a_number_that_is_in_trouble() -> None:
    """Its owner raised the alarm, and somebody else may answer there."""
    made = with_callback("+571")

    assert made.callback_for(made.contacts["bea"], besides={"+571"}) == "+574"
    assert made.callback_for(replace(BEA, deputy="ana"), besides={"+571"}) == "+574"
    assert made.callback_for(made.contacts["desk"], besides={"+571", "+572"}) == "+574"
    assert made.callback_for(made.contacts["bea"]) == "+571"
