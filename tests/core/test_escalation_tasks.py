"""Methods that no machine uses: due, judged and failing like any other, and asked of the coordinators (B1, B3)."""

from alertnet.core.directory.availability import Hours
from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.state import Failed
from alertnet.core.notification import Kind
from tests.core.cast import NOW, Night, acknowledged, contact, level, minutes, plan_of, sms, tree

CLOSED = Hours("", ((),) * 7)


def task(words: str, after: float = 0) -> Method:
    return Method(MethodKind.TASK, words, minutes(after))


def night(*contacts: Contact) -> Night:
    levels = [level("One", *(each.id for each in contacts), wait=30), level("Two", "other")]
    return Night(plan_of(tree(levels, contacts)))


def test_a_task_is_asked_of_the_coordinators_and_its_contact_is_not_alerted() -> None:
    reach = Reach(contact("ana", task("Call"), sms("+1")))

    assert [contact_steps.first_send(reach, place, NOW).kind for place in (0, 1)] == [Kind.TASK, Kind.ALERT]
    assert night(reach.contact).until(20).told == ["0 ana task", "0 ana sms"]


def test_when_the_call_was_in_vain_the_next_method_goes_at_once() -> None:
    """B3: a method that fails brings the contact's next unused method forward to now."""
    played = night(contact("ana", task("Call"), sms("+1", 10))).at(4, Failed("ana", 0)).until(20)

    assert played.told == ["0 ana task", "4 ana sms"]


def test_a_wrong_number_is_the_contacts_own_though_another_has_the_same_words() -> None:
    ana, luis = contact("ana", task("Call"), sms("+1", 10)), contact("luis", task("Call"), sms("+2", 10))
    played = night(ana, luis).at(4, Failed("ana", 0, (MethodKind.TASK,))).until(9)

    assert played.told == ["0 ana task", "0 luis task", "4 ana sms"]


def test_hours_close_a_task() -> None:
    """B1: closes sms, call and task, never e-mail."""
    played = night(contact("ana", task("Call"), hours=CLOSED, when_closed=(sms("+1"),))).until(20)

    assert played.told == ["0 ana sms"]


def test_an_answer_ends_the_tasks_that_are_still_to_come() -> None:
    played = night(contact("ana", task("Call"), task("Write", 10))).at(4, acknowledged("ana")).until(20)

    assert played.told == ["0 ana task"]
