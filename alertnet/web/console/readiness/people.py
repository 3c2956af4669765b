"""The page of all people in the trees: who is available, whose numbers work, what needs care; it also sends tests."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from alertnet.core.directory.contact_tree import Named
from alertnet.core.errors import Misconfigured
from alertnet.flows.desk.people import read_people
from alertnet.flows.notifications.number_tests import DUE, due_contacts, kinds_of, named, send_tests
from alertnet.runtime.settings.settings import missing_for
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.users import SignedIn
from alertnet.web.auth import InForce
from alertnet.web.console.door import Viewer, act_once, by, proof_of
from alertnet.web.console.incidents.board import zone_of
from alertnet.web.console.refusing import Told
from alertnet.web.console.shown import show
from alertnet.web.forms import Form, Posted

router = APIRouter(prefix="/desk/people", include_in_schema=False, route_class=Told)


@router.get("")
def show_people(request: Request, who: Viewer, runtime: InForce, done: str = "") -> Response:
    """Show what needs care first, then everybody, tree by tree."""
    network = runtime.edition.network
    return show(
        request,
        "people.html",
        who=who,
        proof=proof_of(runtime, who),
        seen=runtime.entropy.id(),
        people=runtime.read(read_people, network),
        zone=zone_of(runtime.edition),
        done=done.isdecimal() and int(done[:6]),
    )


@router.post("/tests")
def test_all_that_are_due(request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Send a test to everybody with an address that has not been shown to work for long."""
    network = runtime.edition.network
    return _test(request, form, who, runtime, lambda tx: due_contacts(tx, network, DUE))


@router.post("/tests/{tree}/{contact}")
def test_one(tree: str, contact: str, request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Send a test to all addresses of one contact."""
    network = runtime.edition.network
    return _test(request, form, who, runtime, lambda _: [named(network, f"{tree}/{contact}"[:130])])


def _test(
    request: Request, form: Form, who: SignedIn, runtime: Runtime, choose: Callable[[Tx], list[Named]]
) -> Response:
    def act(tx: Tx) -> tuple[None, str]:
        chosen = choose(tx)
        if missing := missing_for(runtime.settings, kinds_of(chosen)):
            raise Misconfigured(missing)
        sent = send_tests(tx, runtime.edition.network, chosen, by(who))
        return None, f"/desk/people?done={sent}"

    return act_once(request, who, form, act)
