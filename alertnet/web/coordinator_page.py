"""The coordinator's page of a decision, an alarm, a task or an answer: opening it shows, a button on it acts."""

from fastapi import APIRouter, Response

from alertnet.flows.open_answer import open_answer, revoke_answer
from alertnet.flows.open_page import Opened
from alertnet.flows.open_question import answer_question, open_question
from alertnet.flows.proof import Sent
from alertnet.store.tx import Tx
from alertnet.web.auth import InForce
from alertnet.web.forms import Posted, typed
from alertnet.web.pages import show

router = APIRouter(prefix="/c", include_in_schema=False)
FIELDS = ("answer", "contact", "kind", "action", "reason", "note", "pin")


@router.api_route("/{token}", methods=["GET", "HEAD"])
def open(token: str, runtime: InForce, lang: str | None = None) -> Response:
    """What is asked or told; nothing is changed."""
    return show(runtime, lang, lambda: runtime.read(_opened, token))


@router.post("/{token}")
def answer(token: str, form: Posted, runtime: InForce, lang: str | None = None) -> Response:
    """A button was pressed, or a PIN entered."""
    sent = Sent(**{name: typed(form, name) for name in FIELDS})
    return show(runtime, form.get("lang", lang), lambda: runtime.transact(_pressed, token, sent))


def _opened(tx: Tx, token: str) -> Opened | None:
    return open_question(tx, token) or open_answer(tx, token)


def _pressed(tx: Tx, token: str, sent: Sent) -> Opened | None:
    return answer_question(tx, token, sent) or revoke_answer(tx, token, sent)
