"""`alertnet demo`: the tour passes as a whole, and a tour in which something does not happen does not pass."""

import gc
import io
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from alertnet.cli.demo.clock import DemoClock
from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.stage import stage
from alertnet.cli.demo.subtitles import Subtitles
from alertnet.cli.demo.tour import Tour
from alertnet.cli.demo.watch import Missed, Watch
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import BadInput
from alertnet.core.notification import Kind
from alertnet.messages.checks.example import EXAMPLE
from alertnet.runtime.clock import system_clock
from alertnet.sandbox.page.view import View
from alertnet.store.db.tx import Tx
from alertnet.store.queues import workers
from alertnet.store.queues.attempts import busy_numbers
from alertnet.store.tables import attempts
from tests.cli.conftest import Office
from tests.database import migrate
from tests.support.program import shipped_templates

MOST_JUMPS = 40


def test_the_tour_plays_one_incident_through(tmp_path: Path) -> None:
    """Exit code 0 only if it went as it should; from any folder, whatever settings lie there."""
    (tmp_path / ".env").write_text("ALERTNET_DATABASE_URL=nonsense\nALERTNET_SECRET_KEY=short\n")

    said = Office(tmp_path).types("demo", "--tour")

    assert (said.code, said.err) == (0, "")
    assert "The tour went as it should." in said.out
    assert list(tmp_path.iterdir()) == [tmp_path / ".env"]
    # It rests while the demo is loaded; a long evening without it would fill the memory.
    assert gc.isenabled()


def test_a_tour_misses_what_does_not_happen() -> None:
    """Where the coordinator's phone is off there is no alert to wait for, and the tour says so."""
    with stage(migrate=migrate) as built:
        built.phone("coordinator").behaves("switched_off")
        watch = Watch(built, Console(file=io.StringIO()), limit_seconds=1)

        with pytest.raises(Missed, match="an alert to the coordinator"):
            Tour(built, watch).run()


def test_the_watch_tells_what_is_heard_in_its_order() -> None:
    """The sentences of a call one after the other, and what they lead to behind them."""
    told = io.StringIO()
    with stage(migrate=migrate) as built:
        watch = Watch(built, Console(file=told, width=400), limit_seconds=30)
        built.phone("ana").sends("SOS")
        call = watch.expect("a telephone that rings", lambda: built.phone("coordinator").ringing)
        built.phone("coordinator").answers()
        call.press("000")
        watch.wait_until_quiet()

    heard = [line.partition("hears")[2].strip() for line in told.getvalue().splitlines() if " hears " in line]
    assert len(heard) > 2
    assert heard == [" ".join(sentence.text.split()) for sentence in call.heard]


def test_a_call_that_waits_for_a_phone_that_rings_holds_no_jump_up() -> None:
    """It is due, and only the end of the other call can bring it on."""
    with stage(migrate=migrate) as built:
        watch = Watch(built, Console(file=io.StringIO()), limit_seconds=30)
        built.phone("ana").sends("SOS")
        watch.expect("a telephone that rings", lambda: built.phone("coordinator").ringing)
        watch.wait_until_quiet()
        built.runtime.transact(queues_a_call_beside_each_that_rings)

        watch.wait_until_quiet()

        due = built.runtime.read(workers.due)
    assert due.queued == {MethodKind.CALL}


def queues_a_call_beside_each_that_rings(tx: Tx) -> None:
    ringing = select(attempts).where(attempts.c.address_index.in_(busy_numbers(tx)))
    for number, row in enumerate(tx.session.execute(ringing.where(attempts.c.method == "call")).all()):
        another = {"id": f"{number:032x}", "status": "queued", "due_at": tx.now, "provider_id": None}
        tx.session.execute(attempts.insert().values({**row._asdict(), **another}))


def test_what_is_said_in_spanish_has_its_english_at_hand() -> None:
    """The SMS to the coordinator, the reply to the field, and each sentence of a call."""
    with stage(migrate=migrate) as built:
        watch = Watch(built, Console(file=io.StringIO()), limit_seconds=30)
        built.phone("ana").sends("SOS")
        watch.expect("a telephone that rings", lambda: built.phone("coordinator").ringing)
        call = built.phone("coordinator").answers()

    texts = [*built.phone("ana").inbox, *built.phone("coordinator").inbox, call.heard[0].text]
    meanings = [built.subtitles.of(text) or "" for text in texts]
    assert len(texts) > 2
    assert all(meanings)
    assert "received" in meanings[0]
    assert any("URGENT" in each for each in meanings)
    assert built.subtitles.of("SOS") is None


def test_what_is_said_around_a_name_of_another_language_has_its_english_too() -> None:
    """Three voices say such a sentence, one after another."""
    subtitles = Subtitles()
    said = replace(EXAMPLE, organisation="Valley network", tree_language="en")
    script = subtitles.renderer(shipped_templates()).speak(Kind.ALERT, "es", said)

    (before, _), (name, _), (after, _) = script.spoken("greeting")

    assert subtitles.of(before) == "This is an automatic call from"
    assert subtitles.of(name) is None
    assert (subtitles.of(after) or "").startswith("reference A, 7, K, 3, M")


def test_what_happens_is_told_with_titles_in_english_as_the_page_is() -> None:
    """The tree of Colombia has a Spanish one, by which it calls its contacts."""
    with Evening(migrate=migrate) as evening:
        evening.stage.phone("ana").sends("SOS")
        watch = Watch(evening.stage, Console(file=io.StringIO()), limit_seconds=30)
        incident = watch.expect("an incident", lambda: evening.story().incident)
        opened = watch.expect("a level", lambda: [each for each in evening.story().lines if "opens" in each.text])

    title = evening.cast.circles[0].title
    assert "support network" in title
    assert incident.marks[0].text.startswith(f"{title}: ")
    assert opened[0].detail == title


def shown(evening: Evening, region: str, words: str) -> bool:
    """Whether that region of the page shows these words, or comes to as time goes by."""
    view = View(evening)
    for _ in range(MOST_JUMPS):
        if words in view.regions()[region].striptags():
            return True
        evening.jump()
    return False


def test_of_two_coordinators_who_do_not_answer_the_page_says_who_is_told_in_whose_place() -> None:
    with Evening(migrate=migrate) as evening:
        evening.stage.phone("ana").sends("SOS")

        assert shown(evening, "lines", "Second coordinator is told in place of Duty coordinator")
        assert shown(evening, "mark-colombia-coordinator-2", "told")


def test_a_copied_code_from_a_strangers_telephone_counts_for_nothing() -> None:
    """A6: a right code from another number is reported, never counted."""
    with Evening(migrate=migrate) as evening:
        evening.begin("copied")

        assert shown(evening, "lines", "strange number")
        marks = View(evening).regions()["mark-colombia-coordinator"]
        assert ("told" in marks, "takes charge" in marks) == (True, False)


def test_who_is_left_out_is_shown_with_the_reason() -> None:
    """A3: consent and exclusion bind, and are shown."""
    with Evening(migrate=migrate) as evening:
        evening.begin("national")

        assert shown(evening, "mark-international-embassy-es", "left out: no consent to tell them")
        assert shown(evening, "mark-colombia-ministry-defence", "left out: excluded")
        assert shown(evening, "ring-international-1", "left out")


def test_at_sixty_times_the_speed_only_waiting_goes_faster() -> None:
    """A minute of waiting takes a second; what is on its way takes the time that it takes."""
    with stage(migrate=migrate) as built:
        began, shown = time.monotonic(), built.clock()
        built.clock_speed.run(60)
        while built.clock() - shown < timedelta(minutes=2):
            assert time.monotonic() - began < 60

        built.clock_speed.run(1)
        assert built.phone("ana").sends("SOS")
        assert built.clock_speed.speed == 1


def test_a_story_of_the_night_begins_at_night() -> None:
    """By the clocks of the field, whenever somebody starts the demo."""
    with Evening(migrate=migrate) as evening:
        evening.begin("nobody")

        assert f"{evening.now().astimezone(evening.zone):%H:%M}" == "02:14"


def test_a_story_of_the_road_and_one_of_a_roll_call_begin_in_the_field() -> None:
    """Each member in its own language."""
    with Evening(migrate=migrate) as evening:
        watch = Watch(evening.stage, Console(file=io.StringIO()), limit_seconds=30)
        evening.begin("road")
        watch.expect("a reply to Ana", lambda: "L12" in "".join(evening.stage.phone("ana").inbox))
        evening.begin("roll-call")
        watch = Watch(evening.stage, Console(file=io.StringIO()), limit_seconds=30)
        asked = watch.expect("a question to Mary", lambda: evening.stage.phone("mary").inbox)

        assert "are you safe?" in asked[0]
        watch.expect("a question to Ana", lambda: "todo bien" in "".join(evening.stage.phone("ana").inbox))


OWN = """
tree: valley
title: The valley
scope: national
serves: {countries: [GT]}
timezone: America/Guatemala
language: es
callback: "+50255550101"
sender: VALLEY
last_resort: [watch]
contacts:
  watch: {role: coordinator, organisation: Valley watch, methods: [{sms: "+50255550101"}, {call: "+50255550101"}]}
levels:
  - {name: The watch, notify: [watch], wait: 10m}
"""
OWN_TEAM = """
teams:
  south:
    country: GT
    language: es
    consent: national
    members: {rosa: {name: Rosa, phone: "+50255550001", language: es}}
"""


def test_ones_own_network_is_rehearsed_with_stories_that_fit_it(tmp_path: Path) -> None:
    """Its people in place of the invented ones; a story about somebody who is not in it is not offered."""
    (tmp_path / "valley.yaml").write_text(OWN)
    (tmp_path / "teams.yaml").write_text(OWN_TEAM)

    with Evening(tmp_path, migrate) as evening:
        assert [party.title for party in evening.cast.field] == ["Rosa"]
        assert {"nobody", "copied", "drill"} <= {scene.key for scene in evening.scenes}
        assert "national" not in {scene.key for scene in evening.scenes}
        evening.begin("copied")
        watch = Watch(evening.stage, Console(file=io.StringIO()), limit_seconds=30)
        watch.expect("an alert to the watch", lambda: evening.stage.phone("watch").inbox)
        assert evening.story().incident


def test_a_network_with_nobody_in_the_field_can_not_be_rehearsed(tmp_path: Path) -> None:
    (tmp_path / "valley.yaml").write_text(OWN)

    with pytest.raises(BadInput, match="somebody in the field"), stage(tmp_path, migrate):
        pass


def test_the_clock_skips_ahead_and_never_back() -> None:
    clock = DemoClock()

    clock.skip_to(system_clock() + timedelta(hours=1))
    ahead = clock()
    clock.skip_to(system_clock())

    assert timedelta(minutes=59) < ahead - system_clock() < timedelta(minutes=61)
    assert clock() >= ahead
