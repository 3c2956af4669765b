"""`trees publish`, `history`, `diff`, `rollback`, `export`: editions with author and reason, beside a running one."""

import re
import shutil
from pathlib import Path

import pytest

from alertnet.runtime.wiring import Runtime
from alertnet.store.records import timeline
from alertnet.trees.folder_files import MARKER, edition_marked
from tests.cli.conftest import REPOSITORY, Office, Said

EMBASSY, NEW_NUMBER = "+576015550160", "+576015550199"


@pytest.fixture
def watched(office: Office, tmp_path: Path) -> Path:
    """The folder that the running process watches."""
    folder = tmp_path / "watched"
    shutil.copytree(REPOSITORY / "contact_trees", folder)
    office.env["ALERTNET_CONTACT_TREES"] = str(folder)
    return folder


@pytest.fixture
def serving(watched: Path, runtime: Runtime) -> Runtime:
    """A running process on that folder: what it holds is in force as @1."""
    assert runtime.edition.number == 1
    return runtime


@pytest.fixture
def exported(office: Office, serving: Runtime, tmp_path: Path) -> Path:
    """A copy of the edition in force, to edit."""
    assert office.types("trees", "export", "@1", "mine").code == 0
    return tmp_path / "mine"


def edits(folder: Path, old: str, new: str, file: str = "colombia.yaml") -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))


def publishes(office: Office, folder: str, *words: str, by: str = "ana", keyboard: str = "y\n") -> Said:
    return office.types("trees", "publish", folder, "--by", by, "--why", "the embassy moved", *words, keyboard=keyboard)


def test_what_is_published_is_in_force_everywhere_with_its_author_and_reason(
    office: Office, serving: Runtime, exported: Path
) -> None:
    edits(exported, "wait: 10m", "wait: 12m")

    said = publishes(office, "mine")

    assert (said.code, "@2 is in force" in said.out) == (0, True)
    assert "told 2m later" in said.out
    serving.trees.look()
    assert serving.edition.number == 2
    first, second = office.types("trees", "history").out.splitlines()
    assert re.fullmatch(r"@2  \d{4}-\d\d-\d\d \d\d:\d\d UTC  ana: the embassy moved", first)
    assert second.startswith("@1")


def test_the_watched_folder_writes_history_too_by_the_owner_of_the_file(
    office: Office, serving: Runtime, watched: Path
) -> None:
    edits(watched, "wait: 10m", "wait: 12m")
    serving.trees.look()

    first, _ = office.types("trees", "history").out.splitlines()

    assert first.endswith(f"{(watched / 'colombia.yaml').owner()}: the folder was edited")


def test_nothing_happens_where_the_question_is_not_answered_with_yes(office: Office, exported: Path) -> None:
    edits(exported, "wait: 10m", "wait: 12m")

    said = publishes(office, "mine", keyboard="n\n")

    assert said.code == 1
    assert "told 2m later" in said.out
    assert len(office.types("trees", "history").out.splitlines()) == 1
    assert publishes(office, "mine", "--yes", keyboard="").code == 0


def test_of_two_publications_from_one_edition_the_second_is_refused_and_nothing_is_lost(
    office: Office, serving: Runtime, exported: Path
) -> None:
    """It is told who published what meanwhile; carried over to the edition in force, both changes hold."""
    shutil.copytree(exported, exported.with_name("hers"))
    edits(exported, "wait: 10m", "wait: 12m")
    edits(exported.with_name("hers"), "rounds: 3", "rounds: 4")
    assert publishes(office, "hers", by="luis").code == 0

    said = publishes(office, "mine")

    assert said.code == 2
    assert "made from @1" in said.err
    assert "luis: the embassy moved" in said.err
    assert "rounds: 3 → 4" in said.err
    assert "wait: 12m" in (exported / "colombia.yaml").read_text()
    assert office.types("trees", "export", "@2", "both").code == 0
    edits(exported.with_name("both"), "wait: 10m", "wait: 12m")
    assert publishes(office, "both").code == 0
    serving.trees.look()
    tree = serving.edition.network.trees["colombia"]
    assert (tree.rounds, tree.levels[0].wait.total_seconds()) == (4, 720)


def test_a_folder_that_names_no_edition_is_asked_for_one(office: Office, serving: Runtime, tmp_path: Path) -> None:
    """Such as a checkout of git, or a copy of the watched folder."""
    shutil.copytree(REPOSITORY / "contact_trees", tmp_path / "checkout")
    edits(tmp_path / "checkout", "wait: 10m", "wait: 12m")

    said = publishes(office, "checkout")

    assert (said.code, "--from" in said.err, "@1 is in force" in said.err) == (2, True, True)
    assert publishes(office, "checkout", "--from", "@1").code == 0
    assert (tmp_path / "checkout/.edition").read_text() == "@2\n"


def test_a_folder_with_faults_is_refused_with_all_of_them(office: Office, exported: Path) -> None:
    edits(exported, "notify: [coordinator]", "notify: [cordinator]")

    said = publishes(office, "mine")

    assert said.code == 2
    assert "did you mean coordinator" in said.err


def test_settings_that_its_methods_need_are_asked_for(office: Office, exported: Path) -> None:
    edits(exported, "wait: 10m", "wait: 12m")
    del office.env["ALERTNET_SMTP_URL"]

    said = publishes(office, "mine")

    assert (said.code, "ALERTNET_SMTP_URL: missing" in said.err) == (2, True)


def test_what_says_the_same_is_not_published_again(office: Office, exported: Path) -> None:
    """Where the first command was killed before it had named the edition in the folder, the next one does."""
    edits(exported, "wait: 10m", "wait: 10m   # long enough")
    (exported / MARKER).write_text("")

    said = publishes(office, "mine")

    assert (said.code, said.out) == (0, "No difference from @1, which is in force: nothing to publish.\n")
    assert edition_marked(exported) == "@1"


def test_a_rollback_puts_an_earlier_edition_in_force_as_a_new_one(
    office: Office, serving: Runtime, exported: Path
) -> None:
    edits(exported, "wait: 10m", "wait: 12m")
    assert publishes(office, "mine").code == 0

    said = office.types("trees", "rollback", "@1", "--by", "luis", keyboard="y\n")

    assert (said.code, "@3 is in force" in said.out, "told 2m earlier" in said.out) == (0, True, True)
    serving.trees.look()
    assert (serving.edition.number, serving.edition.network.trees["colombia"].levels[0].wait.seconds) == (3, 600)
    assert office.types("trees", "history").out.splitlines()[0].endswith("luis: back to @1")
    kept = serving.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, "trees_in_force"))
    assert [payload.get("command") for _, payload in kept] == [None, "publish", "rollback"]


def test_diff_takes_editions_and_folders(office: Office, exported: Path) -> None:
    edits(exported, "wait: 10m", "wait: 12m")
    before = office.types("trees", "diff", "@1", "mine")
    assert publishes(office, "mine").code == 0

    after = office.types("trees", "diff", "@1", "@2")

    assert "told 2m later" in before.out
    assert after.out == before.out


@pytest.mark.parametrize(("edition", "fault"), [("@9", "no edition '@9'"), ("twelve", "@ and a number")])
def test_an_edition_that_is_not_there_is_refused(office: Office, serving: Runtime, edition: str, fault: str) -> None:
    for words in (["rollback", edition], ["export", edition, "somewhere"]):
        said = office.types("trees", *words)
        assert (said.code, fault in said.err) == (2, True)


def test_an_export_is_the_files_as_they_were_and_loses_nothing(office: Office, exported: Path, watched: Path) -> None:
    for file in ("colombia.yaml", "teams.yaml"):
        assert (exported / file).read_text() == (watched / file).read_text()
    edits(exported, "wait: 10m", "wait: 12m")

    said = office.types("trees", "export", "@1", "mine")

    assert (said.code, "in no edition" in said.err) == (2, True)
    assert "wait: 12m" in (exported / "colombia.yaml").read_text()


def test_a_watched_folder_that_was_left_behind_is_brought_up_by_an_export(
    office: Office, serving: Runtime, exported: Path, watched: Path
) -> None:
    """Until then an edit there is refused, since it would undo what was published."""
    edits(exported, "wait: 10m", "wait: 12m")
    (exported / "international.yaml").rename(exported / "abroad.yaml")
    told = publishes(office, "mine").out
    assert f"alertnet trees export @2 {watched}" in told
    serving.trees.look()

    edits(watched, "rounds: 3", "rounds: 4")
    serving.trees.look()
    (fault,) = serving.trees.faults
    assert "edited from an earlier edition than @2, which ana put in force" in str(fault)
    assert serving.edition.number == 2

    edits(watched, "rounds: 4", "rounds: 3")
    serving.trees.look()
    assert serving.trees.faults == ()
    # As an export leaves it that was killed on its way.
    shutil.copy(exported / "abroad.yaml", watched)
    assert office.types("trees", "export", "@2", str(watched)).code == 0
    assert not (watched / "international.yaml").exists()
    edits(watched, "rounds: 3", "rounds: 4")
    serving.trees.look()
    assert (serving.edition.number, serving.edition.network.trees["colombia"].rounds) == (3, 4)


def test_commands_go_by_what_was_published(office: Office, exported: Path) -> None:
    """And so does an incident that is raised from a terminal, though the watched folder knows nothing of it."""
    edits(exported, "  north:\n", "  valley:\n", "teams.yaml")
    edits(exported, "rota: []", "rota: [ana]")
    assert publishes(office, "mine").code == 0

    assert office.types("pins", "set", "valley/ana", "--pin", "47110").code == 0
    assert office.types("raise", "--country", "CO", "--type", "arrest").code == 0
    assert "valley/ana" in office.types("duty", "show").out
    assert len(office.types("trees", "history").out.splitlines()) == 2


def test_a_watched_folder_that_says_the_same_is_not_left_behind(
    office: Office, runtime: Runtime, watched: Path, tmp_path: Path
) -> None:
    """The first publication, of a copy of the folder that the installation reads."""
    assert "No edition yet" in office.types("trees", "history").out
    shutil.copytree(watched, tmp_path / "copy")

    same = publishes(office, "copy")
    edits(tmp_path / "copy", "wait: 10m", "wait: 12m")
    other = publishes(office, "copy")

    assert ("@1 is in force" in same.out, "left behind" in same.out) == (True, False)
    assert ("@2 is in force" in other.out, "left behind" in other.out) == (True, True)
