"""The page of all people in the trees: who is available, whose numbers work, what needs care; it also sends tests."""

from collections.abc import Callable

from fastapi import Response

from alertnet.core.directory.contact_tree import Named
from alertnet.flows.desk.people import read_people
from alertnet.flows.notifications.number_tests import DUE, due_contacts, kinds_of, named, send_tests
from alertnet.runtime.settings.settings import check_methods
from alertnet.store.db.tx import Tx
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.refusing import Pages
from alertnet.web.forms import Form, Posted

router = Pages("/desk/people")


@router.get("")
def show_people(desk: AtDesk, done: str = "") -> Response:
    """Show what needs care first, then everybody, tree by tree."""
    return desk.show(
        "people.html",
        seen=desk.runtime.entropy.id(),
        people=desk.runtime.read(read_people, desk.network),
        done=done.isdecimal() and int(done[:6]),
    )


@router.post("/tests")
def test_all_that_are_due(form: Posted, desk: AtDesk) -> Response:
    """Send a test to everybody with an address that has not been shown to work for long."""
    return _test(form, desk, lambda tx: due_contacts(tx, desk.network, DUE))


@router.post("/tests/{tree}/{contact}")
def test_one(tree: str, contact: str, form: Posted, desk: AtDesk) -> Response:
    """Send a test to all addresses of one contact."""
    return _test(form, desk, lambda _: [named(desk.network, f"{tree}/{contact}"[:130])])


def _test(form: Form, desk: Desk, choose: Callable[[Tx], list[Named]]) -> Response:
    def act(tx: Tx) -> tuple[None, str]:
        chosen = choose(tx)
        check_methods(desk.runtime.settings, kinds_of(chosen))
        sent = send_tests(tx, desk.network, chosen, desk.by)
        return None, f"/desk/people?done={sent}"

    return desk.act_once(form, act)
