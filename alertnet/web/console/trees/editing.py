"""Editing the trees: one file of an edition as text, checked as `trees check` does, its difference seen, published.

Coordinators may read, check and compare; whoever publishes or takes back is an administrator. The files hold numbers
and names, so that observers see none of them, nor in what they differ.
"""

import json
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from alertnet.core.errors import BadInput, Forbidden, Misconfigured, WrongState
from alertnet.core.limits import LONGEST_NOTE, TREE_CHECKS
from alertnet.flows.notifications.number_tests import shown_to_work
from alertnet.runtime import tree_editing
from alertnet.runtime.tree_editing import Checked
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials.users import Role, SignedIn
from alertnet.store.records.editions import Publication
from alertnet.web.auth import InForce
from alertnet.web.console.board import zone_of
from alertnet.web.console.door import Viewer, check_form, check_pace, proof_of
from alertnet.web.console.refusing import STATUS, Told
from alertnet.web.console.shown import HEADERS, go_to, may_act, show
from alertnet.web.forms import Form, Posted, needed, typed

router = APIRouter(prefix="/desk/editions", include_in_schema=False, route_class=Told)

NEW_FILE = "a name such as peru.yaml, without folders"
OLDEST_FIRST = 200
"""Editions that the history shows."""


@router.get("")
def show_history(request: Request, who: Viewer, runtime: InForce, done: str = "") -> Response:
    """Who put which trees in force, when and why, the newest first."""
    history = runtime.watched.history()
    return show(
        request,
        "editions.html",
        who=who,
        acts=may_act(who),
        publishes=who.role.may(Role.ADMINISTRATOR),
        history=history[: -OLDEST_FIRST - 1 : -1],
        zone=zone_of(runtime.edition),
        done=done,
    )


@router.get("/schema.json")
def give_schema(who: Viewer) -> Response:
    """What completes what is typed."""
    return JSONResponse(tree_editing.tree_schema(), headers=HEADERS)


@router.get("/{number}")
def show_edition(number: int, request: Request, who: Viewer, runtime: InForce) -> Response:
    """What an edition changed, its files, and what to put it in force again would change; for observers who made it."""
    history = runtime.watched.history()
    edition, latest = tree_editing.edition_named(runtime, number), history[-1]
    before = next((each for each in reversed(history) if each.number < number), None)
    acts = may_act(who)
    return show(
        request,
        "edition.html",
        who=who,
        acts=acts,
        publishes=who.role.may(Role.ADMINISTRATOR),
        proof=proof_of(runtime, who),
        edition=edition,
        latest=latest,
        changed=tree_editing.changes_between(runtime, before, edition) if acts and before else (),
        back=tree_editing.changes_between(runtime, latest, edition) if acts and edition is not latest else (),
        files=tree_editing.files_of(runtime, edition) if acts and edition.files else {},
        zone=zone_of(runtime.edition),
    )


@router.post("/{number}/back")
def go_back(number: int, request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Put an earlier edition in force again."""
    check_form(request, who, form, Role.ADMINISTRATOR)
    why = _said(form) or f"back to @{number}"
    seen = form.get("seen", "")
    if not (seen.isascii() and seen.isdecimal()):
        raise BadInput("seen", seen[:32] or None, "the edition that was in force when the page was made")
    edition = tree_editing.roll_back(runtime, tree_editing.edition_named(runtime, number), int(seen), who.user, why)
    return go_to(f"/desk/editions?done={edition.number}")


@router.get("/{number}/files")
def edit_file(
    number: int,
    request: Request,
    who: Viewer,
    runtime: InForce,
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """A file of an edition in an editor; without a name a new one."""
    if not may_act(who):
        raise Forbidden("the files hold numbers and names: they are for coordinators")
    base = tree_editing.edition_named(runtime, number)
    files = tree_editing.files_of(runtime, base)
    if name and name not in files:
        raise BadInput("name", name, sorted(files))
    return _editor(request, runtime, who, base, name, files.get(name, ""))


@router.post("/{number}/files")
def try_file(number: int, request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Check a text in place of a file; with `step` publish it, which is refused where it has faults."""
    publishes = form.get("step") == "publish"
    check_form(request, who, form, Role.ADMINISTRATOR if publishes else Role.COORDINATOR)
    check_pace(request, who, TREE_CHECKS)
    base = tree_editing.edition_named(runtime, number)
    name, text = _name(form, runtime, base), _text(form)
    checked = tree_editing.check_edit(runtime, base, name, text, lambda network: runtime.read(shown_to_work, network))
    if form.get("step") == "json":
        return JSONResponse(_as_plain(checked, name), headers=HEADERS)
    if not publishes or checked.network is None:
        return _editor(request, runtime, who, base, name, text, checked)
    try:
        needed(form, "why")
        edition = tree_editing.publish_edit(runtime, base, checked, who.user, _said(form))
    except (BadInput, Misconfigured, WrongState) as refusal:
        return _editor(request, runtime, who, base, name, text, checked, refusal)
    return go_to(f"/desk/editions?done={edition.number}")


def _editor(
    request: Request,
    runtime: Runtime,
    who: SignedIn,
    base: Publication,
    name: str,
    text: str,
    checked: Checked | None = None,
    refusal: Exception | None = None,
) -> Response:
    found = _as_plain(checked, name) if checked is not None else {"faults": [], "others": []}
    return show(
        request,
        "editor.html",
        status=200 if refusal is None else STATUS.get(type(refusal), 409),
        who=who,
        publishes=who.role.may(Role.ADMINISTRATOR),
        proof=proof_of(runtime, who),
        base=base,
        name=name,
        text=text,
        checked=checked,
        found=found,
        found_text=json.dumps(found["faults"]),
        refusal=str(refusal) if refusal else "",
    )


def _as_plain(checked: Checked, name: str) -> dict[str, object]:
    """What was found in the file that is edited, by its lines, and in others."""
    found = [asdict(each) for each in checked.found_in(name)]
    mine, others = ([each for each in found if bool(each["line"]) is here] for here in (True, False))
    return {"faults": mine, "others": others}


def _name(form: Form, runtime: Runtime, base: Publication) -> str:
    """A file of the edition, in whichever folder, or a plain name for a new one."""
    name = typed(form, "name")
    is_plain = name.replace("-", "").replace("_", "").replace(".", "").isalnum() and name.isascii()
    is_new = is_plain and name.endswith((".yaml", ".yml")) and not name.startswith(".") and len(name) <= 64
    if not is_new and name not in tree_editing.files_of(runtime, base):
        raise BadInput("name", name[:64] or None, NEW_FILE)
    return name


def _text(form: Form) -> str:
    """The text with the ends of lines that files have; a browser sends two signs for each."""
    text = form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    return text if not text or text.endswith("\n") else f"{text}\n"


def _said(form: Form) -> str:
    why = typed(form, "why")
    if len(why) > LONGEST_NOTE:
        raise BadInput("why", f"{why[:32]}…", f"at most {LONGEST_NOTE} characters")
    return why
