"""The coordinator's page of a decision, an alarm, a task or an answer: opening it shows, a button on it acts."""

from fastapi import APIRouter, Response

from alertnet.flows.escalation.pin_proof import Sent
from alertnet.flows.pages.contact_page import Opened
from alertnet.flows.pages.coordinator_page import open_coordinator_page, submit_coordinator_page
from alertnet.flows.pages.revoke_page import open_answer, revoke_answer
from alertnet.store.db.tx import Tx
from alertnet.web.auth import InForce
from alertnet.web.forms import Posted, typed
from alertnet.web.pages.responses import show

router = APIRouter(prefix="/c", include_in_schema=False)
FIELDS = ("answer", "contact", "kind", "action", "reason", "note", "pin")


@router.api_route("/{token}", methods=["GET", "HEAD"])
def open(token: str, runtime: InForce, lang: str | None = None) -> Response:
    """The page with what is asked or told; nothing is changed."""
    return show(runtime, lang, lambda: runtime.read(_opened, token))


@router.post("/{token}")
def answer(token: str, form: Posted, runtime: InForce, lang: str | None = None) -> Response:
    """Do what a button or an entered PIN asks for, and show the page."""
    sent = Sent(**{name: typed(form, name) for name in FIELDS})
    return show(runtime, form.get("lang", lang), lambda: runtime.transact(_pressed, token, sent))


def _opened(tx: Tx, token: str) -> Opened | None:
    return open_coordinator_page(tx, token) or open_answer(tx, token)


def _pressed(tx: Tx, token: str, sent: Sent) -> Opened | None:
    return submit_coordinator_page(tx, token, sent) or revoke_answer(tx, token, sent)
