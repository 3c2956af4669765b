"""Edits contact trees in the browser: check files as `trees check` does, see the difference, publish or roll back.

The form carries all changed files, so several come into force together and nothing is stored before.

Coordinators may read, check and compare. Publishing and rolling back need an administrator and their password.
Observers see neither files nor differences, since both hold names and numbers.
"""

import re
from dataclasses import replace
from difflib import unified_diff
from functools import cache
from typing import Annotated

from fastapi import Query, Response
from starlette.responses import JSONResponse

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, BadInput, Forbidden, Misconfigured, WrongState
from alertnet.core.limits import TREE_CHECKS
from alertnet.flows.notifications.number_tests import shown_to_work
from alertnet.runtime import tree_editing
from alertnet.runtime.tree_editing import Checked
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials.users import Role
from alertnet.store.records.editions import Publication
from alertnet.web.console.access.proving import check_password
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.refusing import Pages, refused
from alertnet.web.console.shown import HEADERS, as_html, go_to, rendered
from alertnet.web.console.translation import sayer
from alertnet.web.forms import Form, Posted, needed, note, typed
from alertnet.web.forms import number as typed_number

router = Pages("/desk/editions")

NEW_FILE = "a name such as peru.yaml, without folders"
PLAIN = re.compile(r"(?!\.)[\w.-]{1,60}\.ya?ml", re.ASCII)
"""The names that a new file may have."""
DURATION = r"^[0-9]{1,7}[smhd]$"
BESIDE = "beside."
"""Prefix of the hidden fields that carry the changed files which are not in view."""
OLDEST_FIRST = 200
"""How many editions the history shows, the newest first."""
LONGEST_NUMBER = 9
"""Digits of the number of an edition in a form."""


@router.get("")
def show_history(desk: AtDesk, done: str = "") -> Response:
    """Show who put which trees in force, when and why, the newest first."""
    history = desk.runtime.watched.history()
    return desk.show(
        "editions.html",
        publishes=desk.who.role.may(Role.ADMINISTRATOR),
        history=history[: -OLDEST_FIRST - 1 : -1],
        done=done,
    )


@router.get("/schema.json")
def give_schema(desk: AtDesk) -> Response:
    """The JSON schema by which the editor completes what is typed."""
    return JSONResponse(_schema(desk.language), headers=HEADERS)


@cache
def _schema(language: str) -> dict[str, object]:
    return tree_editing.tree_schema(sayer(language))


@router.get("/keys")
def explain_keys(desk: AtDesk) -> Response:
    forms = {as_heading(form): keys for form, keys in tree_editing.keys_explained().items()}
    return desk.show("keys.html", forms=forms, say=sayer(desk.language))


def as_heading(form: str) -> str:
    """The name of a form class in words: `NeedsGoForm` gives `needs go`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", form.removesuffix("Form")).lower()


@router.get("/{number}")
def show_edition(number: int, desk: AtDesk) -> Response:
    """Show an edition, its files, and what it and a roll-back to it change; observers see none of the content."""
    history = desk.runtime.watched.history()
    edition, latest = tree_editing.edition_named(desk.runtime, number), history[-1]
    before = next((each for each in reversed(history) if each.number < number), None)
    return desk.show(
        "edition.html",
        publishes=desk.who.role.may(Role.ADMINISTRATOR),
        edition=edition,
        latest=latest,
        changed=tree_editing.changes_between(desk.runtime, before, edition) if desk.acts and before else (),
        back=tree_editing.changes_between(desk.runtime, latest, edition) if desk.acts and edition is not latest else (),
        files=tree_editing.files_of(desk.runtime, edition) if desk.acts and edition.files else {},
    )


@router.post("/{number}/back")
def go_back(number: int, form: Posted, desk: AtDesk) -> Response:
    desk.check_form(form, Role.ADMINISTRATOR)
    why = note(form, "why") or f"back to @{number}"
    latest = typed_number(form, "seen", LONGEST_NUMBER)
    if latest is None:
        raise BadInput(
            "seen", form.get("seen", "")[:32] or None, "the edition that was in force when the page was made"
        )
    check_password(desk, form)
    earlier = tree_editing.edition_named(desk.runtime, number)
    edition = tree_editing.roll_back(desk.runtime, earlier, latest, desk.who.user, why)
    return go_to(f"/desk/editions?done={edition.number}")


@router.get("/{number}/files")
def edit_files(number: int, desk: AtDesk, name: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show a file of an edition in the editor; without a name, an empty one."""
    _refuse_observers(desk)
    edit = Edit(tree_editing.edition_named(desk.runtime, number), name, {})
    if name and name not in edit.files_in(desk.runtime):
        raise BadInput("name", name, sorted(edit.files_in(desk.runtime)))
    return _editor(desk, edit)


@router.get("/{number}/wait")
def shorten_wait(
    number: int,
    desk: AtDesk,
    tree: Annotated[str, Query(max_length=80)],
    level: Annotated[str, Query(max_length=80)],
    wait: Annotated[str, Query(pattern=DURATION)],
) -> Response:
    """Show the editor with a level's `wait` changed as the figures advise. Nothing is in force yet."""
    _refuse_observers(desk)
    desk.check_pace(TREE_CHECKS)
    base = tree_editing.edition_named(desk.runtime, number)
    name, text = tree_editing.with_other_wait(desk.runtime, base, tree, level, wait)
    edit = Edit(base, name, {name: text})
    return _editor(desk, edit, _checked(desk.runtime, edit))


@router.post("/{number}/files")
def try_files(number: int, form: Posted, desk: AtDesk) -> Response:
    """Check the edited files and show the result, or publish them if they have no faults.

    `open` names another file to show next; `step=publish` publishes; `step=found` answers with the findings alone.
    """
    publishes = form.get("step") == "publish"
    desk.check_form(form, Role.ADMINISTRATOR if publishes else Role.COORDINATOR)
    desk.check_pace(TREE_CHECKS)
    edit = edit_in(form, desk, number)
    checked = _checked(desk.runtime, edit)
    if form.get("step") == "found":
        text = edit.files_in(desk.runtime).get(edit.name, "")
        found = rendered("found.html", desk.language, checked=checked, name=edit.name, text=text)
        return as_html(desk.request, found)
    if not publishes or checked.network is None:
        opened = replace(edit, name=typed(form, "open")) if "open" in form else edit
        return _editor(desk, opened, checked)
    try:
        needed(form, "why")
        check_password(desk, form)
        edition = tree_editing.publish_edit(desk.runtime, edit.base, checked, desk.who.user, note(form, "why"))
    except (BadInput, Misconfigured, WrongState) as refusal:
        return _editor(desk, edit, checked, refusal)
    return go_to(f"/desk/editions?done={edition.number}")


@value
class Edit:
    """An edit: the edition it began with, the file in view (empty for a new one), and all changed texts."""

    base: Publication
    name: str
    texts: tree_editing.Edits

    def files_in(self, runtime: Runtime) -> dict[str, str]:
        """The texts of all files by name, with the edits applied."""
        return dict(sorted((tree_editing.files_of(runtime, self.base) | dict(self.texts)).items()))


def edit_in(form: Form, desk: Desk, number: int) -> Edit:
    """Read an edit from a form: the file in view, and the others changed; `BadInput` for a name that no file has."""
    base = tree_editing.edition_named(desk.runtime, number)
    before = tree_editing.files_of(desk.runtime, base)
    began = _files_at_first(form, desk, number)
    texts = {name.removeprefix(BESIDE): _text(text) for name, text in form.items() if name.startswith(BESIDE)}
    name = typed(form, "name")
    if name or form.get("text"):
        texts[name] = _text(form.get("text", ""))
    for each in texts:
        if each not in before and not PLAIN.fullmatch(each):
            raise BadInput("name", each[:64] or None, NEW_FILE)
        if began is not None:
            texts[each] = tree_editing.on_top_of(began.get(each, ""), texts[each], before.get(each, ""))
    return Edit(base, name, {each: text for each, text in texts.items() if before.get(each, "") != text})


def _files_at_first(form: Form, desk: Desk, number: int) -> dict[str, str] | None:
    """The files of the edition that the edit began with; None where that is the one it is to stand on."""
    seen = typed_number(form, "seen", LONGEST_NUMBER)
    if seen is None or seen == number:
        return None
    return tree_editing.files_of(desk.runtime, tree_editing.edition_named(desk.runtime, seen))


def _refuse_observers(desk: Desk) -> None:
    if not desk.acts:
        raise Forbidden("the files hold numbers and names: they are for coordinators")


def _checked(runtime: Runtime, edit: Edit) -> Checked:
    return tree_editing.check_edit(runtime, edit.base, edit.texts, lambda network: runtime.read(shown_to_work, network))


def _editor(desk: Desk, edit: Edit, checked: Checked | None = None, refusal: AlertnetError | None = None) -> Response:
    files, latest = edit.files_in(desk.runtime), desk.runtime.watched.latest
    is_late = isinstance(refusal, WrongState)
    return desk.show(
        "editor.html",
        **refused(desk.request, refusal),
        publishes=desk.who.role.may(Role.ADMINISTRATOR),
        edit=edit,
        files=files,
        text=files.get(edit.name, ""),
        latest=latest,
        checked=checked,
        came=tree_editing.changes_between(desk.runtime, edit.base, latest) if is_late else (),
        theirs=_theirs(desk.runtime, edit) if is_late else {},
    )


def _theirs(runtime: Runtime, edit: Edit) -> dict[str, list[str]]:
    """How others have changed the edited files since this edit began, as unified diffs."""
    before, after = (tree_editing.files_of(runtime, each) for each in (edit.base, runtime.watched.latest))
    both = ((name, before.get(name, ""), after.get(name, "")) for name in edit.texts)
    return {
        name: list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]
        for name, old, new in both
        if old != new
    }


def _text(text: str) -> str:
    r"""The text with `\n` line ends, as files have them; browsers send `\r\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if not text or text.endswith("\n") else f"{text}\n"
