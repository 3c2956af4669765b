"""The page of one incident on the console, and every act on it.

Acts that can't simply be undone have a page that shows their effect before they are carried out.
"""

from typing import Annotated

from fastapi import Response
from pydantic import ValidationError

from alertnet.core.codec import value
from alertnet.core.directory.contact import Disclosure
from alertnet.core.errors import BadInput, Unknown
from alertnet.core.incident import CloseReason, Severity, as_ref
from alertnet.flows.desk.incident import Dossier, all_clears, read_dossier, read_out
from alertnet.flows.escalation.record_response import revoke
from alertnet.flows.incidents.lone_text import facts_of_text, join_text, open_text, set_text_aside
from alertnet.flows.incidents.merge import Foreseen, foresee_merge, foresee_split, merge, must_be_two, split
from alertnet.flows.incidents.re_resolve import difference
from alertnet.flows.unit.locked_incident import LockedIncident, look_at, take_up, take_up_each
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from alertnet.store.records.credentials import users
from alertnet.web.api import actions
from alertnet.web.api.actions import Doing
from alertnet.web.api.fields import Strict, TypeCode, one_of
from alertnet.web.api.models import Reresolution, Verdict
from alertnet.web.api.re_resolve import apply
from alertnet.web.console.desk import AtDesk, Desk, page_of, sayer, shared_renderer
from alertnet.web.console.incidents.board import RECORDED, boards_of
from alertnet.web.console.live import FETCHED, IncidentState, Regions
from alertnet.web.console.refusing import Pages
from alertnet.web.console.shown import as_html
from alertnet.web.forms import Form, Posted, number, typed
from alertnet.web.problems import first_fault

router = Pages("/desk/incidents")

DONE = RECORDED | {
    "acknowledgements": "Recorded: what you heard.",
    "revoke": "Recorded: that answer counts no more.",
    "actions": "Recorded: what was done.",
    "updates": "Recorded; whoever was told hears that there is news.",
    "consent": "Recorded: the consent.",
    "exclude": "Recorded: they are spared from now on.",
    "re-resolve": "Recorded: it runs on the trees and the consent of now.",
    "merge": "Merged: it goes on for both.",
    "split": "Split: each goes on by itself.",
    "open-text": "Raised; the first are told now.",
    "join-text": "Joined: the text stands here now.",
    "set-aside": "Set aside: its alarm rings no more.",
    "close": "Closed; whoever was told hears it.",
    "raise": "Raised; the first are told now.",
    "drill": "The drill has begun; the first are told now.",
    "bound": "Recorded whose it is: this is where it stands now.",
    "reopen": "Open again; whoever had the all-clear hears it.",
}


class Opening(Strict):
    """What a coordinator adds to a text to make an incident of it. Absent fields are unknown, or the type's default."""

    type: TypeCode | None = None
    severity: Annotated[Severity, one_of(Severity)] | None = None


def _open(doing: Doing, opening: Opening) -> None:
    open_text(doing.locked, facts_of_text(doing.locked, opening.type, opening.severity), by=doing.by)


ACTS = actions.ACTS | {
    "re-resolve": (Reresolution, apply),
    "open-text": (Opening, _open),
    "set-aside": (Strict, lambda doing, _: set_text_aside(doing.locked, by=doing.by)),
}
"""Acts by name: the fields that each takes, and its function."""

SEQ_DIGITS = 9
JOINED = {"acknowledgements": "who", "actions": "who", "go": "which"}
"""Form fields that hold a tree and something in it, as in `colombia/embassy-es`."""


@value
class IncidentLook:
    """The page of an incident for all who share a language and a role that may act or not."""

    incident: str
    ref: str
    language: str
    acts: bool

    def regions(self, runtime: Runtime, before: Regions | None, state: IncidentState) -> Regions:
        """Render the parts that change while the page is open, unless nothing has happened since `before`."""
        if before is not None and before.source == state:
            return before
        return self.of(runtime, self.read(runtime))

    def read(self, runtime: Runtime) -> Dossier:
        say = sayer(runtime, self.language)
        return runtime.read(read_dossier, self.incident, reads=self.acts, say=say, language=self.language)

    def of(self, runtime: Runtime, dossier: Dossier) -> Regions:
        details, texts = read_out(dossier, runtime.renderer(runtime.edition.templates), self.language)
        words = {"dossier": dossier, "details": details, "texts": texts, "back": "incident"}
        words |= {"tasks": dossier.tasks, "to_call": dossier.to_call, "matters": dossier.head.matters}
        say = shared_renderer(runtime, self.language, self.acts, troubles=dossier.troubles, **words)
        names = ("troubles", "sentences", "matters", "texts", "answers", "picture", "ahead", "lines", "notified")
        waiting = sum(not matter.is_put_off for matter in dossier.head.matters)
        title = {"title": f"({waiting}) " if waiting else ""}
        return Regions({**title, **{name: say(f"{name}.html") for name in names}}, (dossier.head.seq, dossier.troubles))


@router.get("/{ref}")
def show_incident(ref: str, desk: AtDesk, done: str = "", do: str = "", whom: str = "") -> Response:
    """Show the incident and what can be done; `do` names the form to unfold, `whom` the contact chosen in it."""
    look = _look(desk, ref)
    dossier = look.read(desk.runtime)
    return desk.show(
        "incident.html",
        dossier=dossier,
        **desk.personal(look.of(desk.runtime, dossier)),
        done=DONE.get(done, ""),
        do=do,
        whom=whom,
        joinable=[each for each in boards_of(desk.request).read().incidents if not each.is_text]
        if dossier.head.is_text
        else [],
        others=[each for each in desk.runtime.read(users.looking_at).get(look.ref, ()) if each != desk.who.user],
        disclosures=[each.value for each in Disclosure if look.acts or each is Disclosure.MINIMAL],
    )


@router.get("/{ref}/live")
def follow_incident(ref: str, desk: AtDesk) -> Response:
    look = _look(desk, ref)
    return desk.follow(look, place=look.ref)


@router.get("/{ref}/regions/{name}")
def show_region(ref: str, name: str, desk: AtDesk) -> Response:
    """One region alone; an open page fetches it when its own copy is out of date."""
    if name not in FETCHED:
        raise Unknown("region", name[:32])
    look = _look(desk, ref)
    regions = desk.request.app.state.watch.shown(look) or look.of(desk.runtime, look.read(desk.runtime))
    return as_html(desk.request, regions.parts[name])


@router.get("/{ref}/close")
def show_close(ref: str, desk: AtDesk, reason: str = "") -> Response:
    """Show who would be told what if the incident were closed for that reason. Nothing is done yet."""
    if reason not in list(CloseReason):
        raise BadInput("reason", reason[:32], [each.value for each in CloseReason])
    look, renderer = _look(desk, ref), desk.runtime.renderer(desk.edition.templates)
    return desk.show(
        "close.html",
        dossier=look.read(desk.runtime),
        reason=reason,
        texts=desk.runtime.read(all_clears, look.incident, CloseReason(reason), renderer),
    )


@router.get("/{ref}/re-resolve")
def show_difference(ref: str, desk: AtDesk) -> Response:
    """Show what the trees in force and wider consent would change (A8). Nothing is done yet."""
    id = desk.runtime.read(incidents.id_of, ref)
    found = desk.runtime.read(lambda tx: difference(look_at(tx, id), desk.edition))
    return desk.show("difference.html", ref=as_ref(ref), found=found)


@router.post("/{ref}/revoke/{id}")
def take_answer_back(ref: str, id: str, form: Posted, desk: AtDesk) -> Response:
    """Revoke an answer. Where the rule of its level is no longer met, the escalation goes on."""

    def change(tx: Tx) -> LockedIncident:
        locked = take_up(tx, incidents.id_of(tx, ref, own=True))
        revoke(locked, id, by=desk.by)
        return locked

    return desk.change_once(form, change, "revoke")


@router.post("/{ref}/join-text")
def join(ref: str, form: Posted, desk: AtDesk) -> Response:
    def act(tx: Tx) -> tuple[LockedIncident, str]:
        text, into = incidents.id_of(tx, ref, own=True), incidents.id_of(tx, typed(form, "into"), own=True)
        # Lock both in the order of their ids: two coordinators may press at the same moment.
        held = take_up_each(tx, sorted({text, into}))
        join_text(held[text], held[into], by=desk.by)
        return held[text], page_of(held[into], "join-text")

    return desk.act_once(form, act)


@router.get("/{ref}/merge")
def show_merge(ref: str, desk: AtDesk, into: str = "") -> Response:
    """Show what merging it into another incident would change. Nothing is done yet."""
    must_be_two(ref, into)
    found = desk.runtime.read(lambda tx: foresee_merge(tx, incidents.id_of(tx, ref), incidents.id_of(tx, into)))
    return _foresee(desk, "merge", as_ref(ref), found)


@router.get("/{ref}/split")
def show_split(ref: str, desk: AtDesk, report: str = "") -> Response:
    """Show what splitting a report off again would change. Nothing is done yet."""
    found = desk.runtime.read(lambda tx: foresee_split(tx, incidents.id_of(tx, ref), as_ref(report)))
    return _foresee(desk, "split", as_ref(report), found)


def _foresee(desk: Desk, name: str, part: str, found: Foreseen) -> Response:
    return desk.show("merging.html", name=name, part=part, whole=found.ref, found=found)


@router.post("/{ref}/merge")
def do_merge(ref: str, form: Posted, desk: AtDesk) -> Response:
    into = typed(form, "into")
    must_be_two(ref, into)
    return desk.change_once(
        form,
        lambda tx: merge(tx, incidents.id_of(tx, ref, own=True), incidents.id_of(tx, into, own=True), by=desk.by),
        "merge",
    )


@router.post("/{ref}/split")
def do_split(ref: str, form: Posted, desk: AtDesk) -> Response:
    part = [form.get("report", "")]
    return desk.change_once(form, lambda tx: split(tx, incidents.id_of(tx, ref), part, by=desk.by), "split")


@router.post("/{ref}/{name}")
def do(ref: str, name: str, form: Posted, desk: AtDesk) -> Response:
    """Carry out one of `ACTS` on the incident, once."""
    if name not in ACTS:
        raise Unknown("act", name[:32])
    body, carry_out = ACTS[name]
    edition, seen = desk.edition, number(form, "seen", SEQ_DIGITS)
    try:
        asked = body.model_validate(_fields(name, form, set(body.model_fields)))
    except ValidationError as error:
        raise first_fault(error) from None

    def change(tx: Tx) -> LockedIncident:
        locked = take_up(tx, incidents.id_of(tx, ref, own=True))
        carry_out(Doing(locked, edition, desk.by, ref, seen), asked)
        return locked

    return desk.change_once(form, change, asked.decision.value if isinstance(asked, Verdict) else name)


def _fields(name: str, form: Form, known: set[str]) -> dict[str, object]:
    """The form's fields that were filled in, under the names of the act's body."""
    fields: dict[str, object] = {each: text for each in known if (text := typed(form, each))}
    fields |= {each: form.getlist(each) for each in ("contacts", "people") if each in fields}
    fields |= {"apply": True} if "apply" in known else {}
    tree, _, inside = form.get(JOINED.get(name, ""), "").partition("/")
    if inside:
        fields |= {"tree": tree, "level" if name == "go" else "contact": inside}
    return fields


def _look(desk: Desk, ref: str) -> IncidentLook:
    id = desk.runtime.read(incidents.id_of, ref)
    return IncidentLook(id, as_ref(ref), desk.language, desk.acts)
