"""What an incident warns of is kept in English, and told in the language of whoever reads it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import phrase
from alertnet.core.incident import Affected, Facts, Scope, Severity, Wider
from alertnet.core.replan.difference import Retold, in_words
from alertnet.core.resolution.known_people import differences
from alertnet.core.resolution.resolve import nobody_serves
from alertnet.flows.escalation.escalate import NOBODY
from alertnet.flows.incidents.update import hear_consent
from alertnet.flows.sending.pause import pause
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.tables import incidents
from alertnet.web.console.translation import LONGEST, cautions, refusals, translated
from tests.web.console.desk import Desk
from tests.web.console.test_refusals import ROOT, texts
from tests.web.console.test_words import OTHERS
from tests.web.world import World

FACTS = Facts(type="raid", severity=Severity.SERIOUS, country="CO", consent=Scope.INTERNAL)
CHANGES = (
    phrase("{who} may be told, in level {level}", who="valley: Ombuds office (ombuds)", level="Arrests"),
    phrase("{who} may be told, as last resort", who="valley: Desk (desk)"),
    phrase("{who} is told nothing more", who="valley: Defenders (defenders)"),
    phrase("{of}: {line}", of="valley", line=phrase("level {level} tells nobody", level="Raids")),
    phrase("{of}: {line}", of="valley", line=phrase("level {level} tells {who} after a go", level="A", who=("b", "c"))),
    phrase("{of}: {line}", of="valley", line=phrase("level {level} tells {who} without a go", level="A", who=("b",))),
)


def kept() -> Iterator[str]:
    """What flows and the core warn of where a stage would take long."""
    yield from (NOBODY, nobody_serves("CO"))
    for path in sorted((ROOT / "alertnet/flows/incidents").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "warn":
                yield from texts(node.args[0], f"alertnet.flows.incidents.{path.stem}")
    person = Affected("P7", nationality="ES")
    known = Network({}, {}, {"P7": replace(person, nationality="FR")})
    yield from differences(replace(FACTS, people=(person,)), known)
    yield in_words(FACTS, replace(FACTS, type="arrest", people=(person,)), Retold((), (), CHANGES))


@pytest.mark.parametrize("language", OTHERS)
def test_no_warning_of_an_incident_stays_english(language: str) -> None:
    """Whoever lets an incident warn of something new adds its sentence to each table `cautions`."""
    every = list(kept())

    assert [each for each in every if translated(language, each) == each] == []
    assert len(every) == 6
    assert set(cautions(language)) == set(cautions(OTHERS[0]))


def test_what_news_would_change_is_told_part_by_part() -> None:
    becomes = replace(FACTS, type="arrest", people=(Affected("P7"),))

    assert translated("es", in_words(FACTS, becomes, Retold((), (), CHANGES))) == (
        "las novedades cambiarían a quién se avisa (tipo: raid → arrest; personas: P7): "
        "valley: Ombuds office (ombuds) puede recibir aviso, en el nivel Arrests; "
        "valley: Desk (desk) puede recibir aviso, como último recurso; "
        "valley: Defenders (defenders) no recibe más avisos; "
        "valley: el nivel Raids no avisa a nadie; "
        "valley: el nivel A avisa a b, c con autorización; "
        "valley: el nivel A avisa a b sin autorización"
    )


class Counted(str):
    """A text that counts how often it is searched, and with it every part of it."""

    searched: ClassVar[int] = 0

    def find(self, *where: Any) -> int:
        Counted.searched += 1
        return super().find(*where)

    def __getitem__(self, which: Any) -> "Counted":
        return Counted(super().__getitem__(which))

    def split(self, *by: Any) -> Any:
        return [Counted(each) for each in super().split(*by)]


def test_what_somebody_wrote_costs_no_more_than_one_search_for_each_place() -> None:
    """B9: codes of people that look like sentences, over and over; all alarms would wait for whoever tries them all."""
    codes = [f"{number:02d}{': level ' if number % 2 else ' tells '}".ljust(32, "x") for number in range(100)]
    becomes = replace(FACTS, people=tuple(map(Affected, codes)))
    warning = in_words(FACTS, becomes, Retold((), (), ()))
    places = sum(english.count("{") for english in {**refusals("es"), **cautions("es")})
    Counted.searched = 0

    told = translated("es", Counted(warning + "x: level " * 50))

    assert told.startswith("las novedades cambiarían a quién se avisa (personas: 00 tells xx")
    assert 0 < Counted.searched <= 3 * places
    assert (
        translated("es", "incident A-1 is closed: reopen it first") == "el incidente A-1 está cerrado: reábralo primero"
    )
    assert translated("es", long := f"incident {'A' * LONGEST} is closed: reopen it first") == long


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            ["jemand hat alle Nachrichten und Anrufe bis", "die weitere Einwilligung (public)"],
        ),
        ("es", ["alguien ha suspendido todos los mensajes", "el consentimiento más amplio (public) vale"]),
        ("fr", ["quelqu'un a suspendu tous les messages", "le consentement plus large (public) prend effet"]),
        ("pt", ["alguém suspendeu todas as mensagens", "o consentimento mais amplo (public) vale"]),
    ],
)
def test_the_board_and_the_incident_warn_in_the_language_of_their_reader(
    world: World, desk: Desk, language: str, told: list[str]
) -> None:
    until, known = world.runtime.now() + timedelta(hours=1), world.runtime.settings.routes
    world.runtime.transact(pause, list(known), until, "Ines", "they lose texts", known=known, everything=True)
    world.raises(people=())
    world.runtime.transact(_consents, world.incident)

    [row] = world.rows(incidents)
    pages = [desk.opens(f"/desk/incidents/{row.ref}?lang={language}").text, desk.opens(f"/desk?lang={language}").text]

    assert [each for each in told for page in pages if each not in page] == []
    assert [warning.partition(" ")[0] for warning in row.warnings] == ["somebody", "wider"]


def _consents(tx: Tx, incident: str) -> None:
    locked = take_up(tx, incident)
    hear_consent(locked, Wider(Scope.PUBLIC, None, "the family", "by phone", tx.now), (), "test")
    locked.finish()
