"""Reports and figures from the console: who may have which, and what stands in them."""

import io
import re
from contextlib import ExitStack

import pytest
from pypdf import PdfReader
from sqlalchemy import update

from alertnet.core.limits import REPORTS
from alertnet.store.db.tx import Tx
from alertnet.store.records import timeline
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import attempts
from alertnet.web.throttle import ROOM
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.console.test_incident import goes_on, ref, sheet
from tests.web.world import World

__all__ = ["ref"]

ALERTED = {"tree": "valley", "contact": "carol", "method": "sms", "message": "alert", "attempt": "x"}


def test_who_coordinates_has_the_full_report_and_who_observes_a_minimal_one(
    world: World, sit_down: SitDown, ref: str
) -> None:
    coordinator, observer = sit_down("maria"), sit_down("olga", Role.OBSERVER)
    path = f"/desk/incidents/{ref}/report"

    full = coordinator.browser.get(f"{path}?disclosure=full&language=es")
    refused = [observer.browser.get(f"{path}?disclosure={each}").status_code for each in ("full", "limited")]
    minimal = observer.browser.get(f"{path}?format=pdf")

    assert "By men in a white car" in full.text
    assert "Primera respuesta: nunca" in full.text
    assert re.search(r"desde \d+ (ene|jul|oct|nov|dic) 20\d\d, \d\d:\d\d", full.text)
    assert '<html lang="es"' in full.text
    assert refused == [403, 403]
    assert minimal.headers["Content-Disposition"] == f'attachment; filename="{ref}-minimal.pdf"'
    assert minimal.content.startswith(b"%PDF-")
    assert '<option value="full">' in sheet(coordinator, ref).html
    assert '<option value="minimal">' in sheet(observer, ref).html
    assert '<option value="limited">' not in sheet(observer, ref).html
    assert '<option value="full">' not in sheet(observer, ref).html


def test_only_the_full_report_says_who_answered_and_with_which_words(world: World, desk: Desk, ref: str) -> None:
    sheet(desk, ref).presses("Record the answer", who="valley/bob", kind="acknowledged", note="he calls at ten")
    path = f"/desk/incidents/{ref}/report"

    full, limited = (desk.opens(f"{path}?disclosure={each}").text for each in ("full", "limited"))

    assert "– Friends: by maria: he calls at ten" in full
    assert "takes charge" in limited
    assert "at ten" not in limited


def test_a_report_says_in_its_language_where_it_was_and_what_was_done(world: World, desk: Desk, ref: str) -> None:
    sheet(desk, ref).presses("Record the action", who="valley/bob", action="called_authority", note="the colonel knows")

    report = desk.opens(f"/desk/incidents/{ref}/report?disclosure=full&language=fr").text

    assert "critique, vérifié, Colombie" in report
    assert "the colonel knows, a appelé l'autorité" in report
    assert "called" not in report


@pytest.mark.parametrize(("recipient", "named"), [("field/north", "equipo north"), ("field", "el terreno")])
def test_word_to_the_field_names_its_recipient_in_each_language(
    world: World, desk: Desk, ref: str, recipient: str, named: str
) -> None:
    """Not by the name that the queue has for it; and without names as the field, not as a coordinator."""
    word = {"contact": recipient, "method": "sms", "message": "field_status", "attempt": "x"}
    world.runtime.transact(timeline.append, world.incident, ("attempt_sent", word))

    page = desk.opens(f"/desk/incidents/{ref}?lang=es").text
    minimal = desk.browser.get(f"/desk/incidents/{ref}/report?disclosure=minimal&language=es").text

    assert f"{named}: SMS" in page
    assert "el terreno: SMS" in minimal


def test_after_very_much_has_happened_a_report_still_counts_every_answer(world: World, desk: Desk, ref: str) -> None:
    world.runtime.transact(timeline.append, world.incident, ("attempt_sent", ALERTED))
    goes_on(world)
    world.texts("+573005550013", world.written_code("carol"))

    text = desk.browser.get(f"/desk/incidents/{ref}/report?disclosure=full").text

    assert "Told: 1; reached: 1; answered: 1." in text
    assert re.search(r"\d+ earlier entries are left out\.", text)


def test_no_control_character_in_a_text_breaks_the_report_as_a_pdf(world: World, desk: Desk, ref: str) -> None:
    world.texts("+573005550012", "two men\x1b\x07 at\x0cthe bridge")

    pdf = desk.browser.get(f"/desk/incidents/{ref}/report?disclosure=full&format=pdf")

    assert pdf.status_code == 200
    assert "at the bridge" in " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)


def test_of_reports_few_wait_and_the_next_is_asked_to_come_again_at_once(desk: Desk, ref: str) -> None:
    """A thread that waits for a report is one less for the webhooks that an alarm comes by."""
    path = f"/desk/incidents/{ref}/report"
    with ExitStack() as held:
        while ROOM.acquire(blocking=False):
            held.callback(ROOM.release)
        busy = desk.browser.get(path)

    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "5"
    assert desk.browser.get(path).status_code == 200


def test_a_session_and_a_key_have_so_many_reports_and_no_more(world: World, sit_down: SitDown, ref: str) -> None:
    """B9: each by itself."""
    maria, ben = sit_down("maria"), sit_down("ben")
    path = f"incidents/{ref}/report"
    _, key = world.runtime.transact(api_keys.create, None, ("read",))
    bearer = {"Authorization": f"Bearer {key}"}

    by_hand = [maria.browser.get(f"/desk/{path}") for _ in range(REPORTS.most + 1)]
    by_key = [world.client.get(f"/v1/{path}", headers=bearer) for _ in range(REPORTS.most + 1)]

    for asked in (by_hand, by_key):
        assert [each.status_code for each in asked] == [200] * REPORTS.most + [429]
        assert 0 < int(asked[-1].headers["Retry-After"]) <= 30
    assert ben.browser.get(f"/desk/{path}").status_code == 200


def test_nobody_who_is_not_signed_in_has_a_report(world: World, ref: str) -> None:
    answer = world.client.get(f"/desk/incidents/{ref}/report", follow_redirects=False)

    assert answer.headers["Location"].startswith("/desk/sign-in")


def test_figures_of_the_last_months_stand_on_a_page_and_in_a_table(world: World, desk: Desk, ref: str) -> None:
    """As pictures and as CSV, for each day that is asked for; of one incident nothing is made more than it is."""
    world.runtime.transact(_leave)
    world.texts("+573005550013", world.written_code("carol"))

    page = desk.opens("/desk/figures?lang=es")
    rows = desk.browser.get("/desk/figures.csv?since=2026-11-24&until=2026-11-24").text.splitlines()

    assert "noche" in page.text
    assert "demasiado pocos para más, de 1" in page.text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="axis bars"' in page.html
    assert "<td>SMS</td>" in desk.opens("/desk/figures?lang=en").html
    assert [row for row in rows if row.startswith("level,valley,Friends,night,1,0,")] != []
    assert any(row.startswith("incidents,,to first message,,1,0,") for row in rows)
    assert "incidents,,to first message,,0,0,,,," in desk.browser.get("/desk/figures.csv?until=2026-11-01").text


@pytest.mark.parametrize("asked", ["since=yesterday", "until=2026-13-01", "since=2026-11-24&until=2026-11-01"])
def test_days_that_are_none_are_refused_by_name(desk: Desk, asked: str) -> None:
    refused = desk.browser.get(f"/desk/figures?{asked}")

    assert refused.status_code == 422
    assert asked.partition("=")[0] in refused.text.lower()
    assert desk.browser.get("/desk/figures?since=2026-11-01&until=2026-11-24").status_code == 200


def _leave(tx: Tx) -> None:
    """What is queued has left."""
    tx.session.execute(update(attempts).values(started_at=tx.now))
