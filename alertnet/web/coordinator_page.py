"""The coordinator's page of a decision or an alarm: opening it shows, a button on it acts."""

from fastapi import APIRouter, Response

from alertnet.flows.open_question import answer_question, open_question
from alertnet.web.auth import InForce
from alertnet.web.forms import Posted
from alertnet.web.pages import show

router = APIRouter(prefix="/c", include_in_schema=False)


@router.api_route("/{token}", methods=["GET", "HEAD"])
def open(token: str, runtime: InForce, lang: str | None = None) -> Response:
    """What is asked; nothing is changed."""
    return show(runtime, lang, lambda: runtime.read(open_question, token))


@router.post("/{token}")
def answer(token: str, form: Posted, runtime: InForce, lang: str | None = None) -> Response:
    """A button was pressed."""
    given = form.get("answer", "")
    return show(runtime, form.get("lang", lang), lambda: runtime.transact(answer_question, token, given))
