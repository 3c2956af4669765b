"""The report of an incident as HTML or PDF, from the console and by the API.

It comes at each disclosure and in each language. Its modules are imported at the first report, because every process
loads this one.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import WithJsonSchema

from alertnet.core.directory.contact import Disclosure
from alertnet.core.errors import Forbidden, TooMany
from alertnet.core.incident import as_ref
from alertnet.core.limits import REPORTS
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from alertnet.web.api.fields import among, one_of
from alertnet.web.api.incidents import id_of
from alertnet.web.auth import COORDINATE, InForce, Reader, runtime_of
from alertnet.web.console.refusing import Pages
from alertnet.web.console.sessions import Viewer
from alertnet.web.console.shown import HEADERS, as_file, may_act
from alertnet.web.console.translation import ENGLISH, LANGUAGES
from alertnet.web.problems import documented
from alertnet.web.throttle import in_turn

router = APIRouter()
desk = Pages()

CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
HTML, PDF = "text/html", "application/pdf"
FORMATS = ("html", "pdf")
WHOSE = "only whoever may coordinate reads more than a minimal report"


class Asked(BaseModel):
    """The query parameters of a report."""

    model_config = ConfigDict(extra="forbid")

    disclosure: Annotated[Disclosure, one_of(Disclosure)] = Disclosure.MINIMAL
    language: Annotated[str, among(LANGUAGES), WithJsonSchema({"type": "string", "enum": [*LANGUAGES]})] = ENGLISH
    format: Annotated[str, among(FORMATS), WithJsonSchema({"type": "string", "enum": FORMATS})] = "html"


@desk.get("/desk/incidents/{ref}/report")
def show_report(
    ref: str, request: Request, who: Viewer, runtime: InForce, asked: Annotated[Asked, Query()]
) -> Response:
    """The report for a signed-in user; anything above `minimal` is for coordinators."""
    if asked.disclosure is not Disclosure.MINIMAL and not may_act(who):
        raise Forbidden(WHOSE)
    id = runtime.read(incidents.id_of, ref)
    _check_pace(request, who.id)
    return _answer(runtime, id, ref, asked)


@router.get(
    "/v1/incidents/{ref}/report",
    response_class=Response,
    responses={**documented(401, 403, 404, 410, 422, 503), 200: {"content": {HTML: {}, PDF: {}}}},
)
def get_report(ref: str, request: Request, key: Reader, runtime: InForce, asked: Annotated[Asked, Query()]) -> Response:
    """One incident as a page or PDF to hand on. `minimal` names nobody; more needs the scope `coordinate`."""
    if asked.disclosure is not Disclosure.MINIMAL and not key.may(COORDINATE):
        raise Forbidden(WHOSE)
    id = runtime.read(lambda tx: id_of(tx, ref, key))
    _check_pace(request, key.id)
    return _answer(runtime, id, ref, asked)


def _check_pace(request: Request, asker: str) -> None:
    wait = request.app.state.throttle.wait(REPORTS, asker, runtime_of(request).now())
    if wait is not None:
        raise TooMany("reports", timedelta(seconds=wait))


def _answer(runtime: Runtime, id: str, ref: str, asked: Asked) -> Response:
    from alertnet.flows.desk.report import Tongue, read_report
    from alertnet.web.console.desk import sayer

    language, is_pdf = asked.language, asked.format == "pdf"
    labels = runtime.renderer(runtime.edition.templates).page_words(language)
    with in_turn():
        report = runtime.read(read_report, id, asked.disclosure, Tongue(language, sayer(runtime, language), labels))
        body = report.as_pdf() if is_pdf else report.as_html().encode()
    name = f"{as_ref(ref)}-{asked.disclosure}.{asked.format}"
    if is_pdf:
        return as_file(name, body, PDF)
    return Response(body, headers={**HEADERS, "Content-Security-Policy": CSP}, media_type=HTML)
