"""The contact's page: opening it shows, a button on it acts (A6)."""

from fastapi import APIRouter, Response

from alertnet.flows.escalation.pin_proof import Sent
from alertnet.flows.pages.contact_page import open_page
from alertnet.flows.pages.submit_contact_page import answer_page
from alertnet.web.auth import InForce
from alertnet.web.forms import Posted, typed
from alertnet.web.pages.responses import show

router = APIRouter(prefix="/a", include_in_schema=False)
FIELDS = ("answer", "action", "note", "by", "pin")


@router.api_route("/{token}", methods=["GET", "HEAD"])
def open(token: str, runtime: InForce, lang: str | None = None) -> Response:
    """What the link shows to whoever has it; mail scanners and previews come here too, so nothing is changed."""
    return show(runtime, lang, lambda: runtime.read(open_page, token))


@router.post("/{token}")
def answer(token: str, form: Posted, runtime: InForce, lang: str | None = None) -> Response:
    """Do what a button or an entered PIN asks for, and show the page."""
    sent = Sent(**{name: typed(form, name) for name in FIELDS})
    return show(runtime, form.get("lang", lang), lambda: runtime.transact(answer_page, token, sent))
