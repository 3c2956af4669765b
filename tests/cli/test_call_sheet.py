"""`call-sheet`: what is on the paper that people call from when everything else is down (B7)."""

import os
import re
import shutil
import stat
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from alertnet.cli.admin.actions import close_incident
from alertnet.cli.output import write_confidential
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.incident import CloseReason
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.unit.locked_incident import take_up
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from tests.cli.conftest import REPOSITORY, Office, Said

ARREST = ("--country", "CO", "--type", "arrest", "--consent", "international", "--nationality", "ES")


def read(path: Path) -> str:
    """What the sheet says, its spaces and line ends made alike."""
    content = path.read_bytes()
    if content.startswith(b"%PDF"):
        return plain("\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))
    return plain(content.decode())


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def sheet(office: Office, *words: str, format: str = "text") -> str:
    """The sheet that the command writes."""
    path = office.folder / f"sheet.{format}"
    said = office.types("call-sheet", *words, "--format", format, "--output", str(path))
    assert said.code == 0, said.err
    return read(path)


def printed(office: Office, *words: str) -> list[str]:
    """The pages of the PDF that the command writes."""
    path = office.folder / "sheet.pdf"
    said = office.types("call-sheet", *words, "--output", str(path))
    assert said.code == 0, said.err
    return [plain(page.extract_text()) for page in PdfReader(path).pages]


def refused(said: Said) -> str:
    assert (said.code, said.out) == (2, "")
    return said.err


def test_a_dash_is_standard_output_and_leaves_no_file(office: Office) -> None:
    """For a printer, or a machine without a disk that may keep it."""
    said = office.types("call-sheet", "--format", "text", "--output", "-")

    assert said.code == 0
    assert plain(said.out) == sheet(office)
    assert not (office.folder / "-").exists()


@pytest.mark.parametrize("format", ["text", "pdf"])
def test_every_number_of_every_tree_is_on_the_whole_sheet(office: Office, numbers: set[str], format: str) -> None:
    text = sheet(office, format=format).replace(" ", "")

    assert not [number for number in numbers if number not in text]
    assert "thenpress2400" in text


@pytest.mark.parametrize("format", ["text", "pdf"])
def test_a_contact_is_spoken_to_in_its_language_with_a_safe_sentence_first(office: Office, format: str) -> None:
    """A9: sentence 1 alone is what a voicemail may keep: no type, no person, no place."""
    text = sheet(office, *ARREST, format=format)
    french = text[text.index("Focal point for human rights defenders") :]

    assert "1. «J'appelle de la part de PBI, réseau international de soutien. Merci de me rappeler au +32 4" in french
    assert "2. «Il y a une alerte urgente concernant les droits humains : arrestation. Nous vous demandons" in french
    assert "«Hay una alerta urgente de derechos humanos: detención. ¿Puede hacerse cargo" in text


def test_what_a_level_asks_of_its_contacts_is_read_out_to_them(office: Office) -> None:
    """The embassies' level asks for something; the ombudsman's, which comes before it, for nothing."""
    text = sheet(office, *ARREST)

    asked = "detención. Le pedimos contactar a la autoridad responsable. ¿Puede hacerse cargo"
    assert text.index("Embassy of Spain in Bogotá") < text.index(asked)
    assert text.index("detención. ¿Puede hacerse cargo") < text.index("Embassy of Spain in Bogotá")


def test_of_whom_no_answer_is_expected_none_is_asked(office: Office) -> None:
    """Whoever calls sees it, and has nothing to tick but that nobody picked up."""
    text = sheet(office)
    heading = "Urgent appeals · Special Procedures of the UN Human Rights Council · un-procedures"
    of_it = text[text.index(heading) :].partition("Who, what, by when")[0]

    assert "No answer expected: told only." in of_it
    assert "alert. No answer is expected from you: we tell you so that you know." in of_it
    assert "[ ] no answer" in of_it
    assert "takes charge" not in of_it
    assert "[ ] takes charge" in text


def test_levels_are_in_order_with_their_times(office: Office) -> None:
    text = sheet(office, *ARREST)
    headings = re.findall(r"Level \d: [\w ]+ – [a-z0-9 ]+", text)

    assert [heading.strip() for heading in headings] == [
        "Level 1: Coordination – at once",
        "Level 2: Ombudsman and defenders – after 10 min",
        "Level 3: Authorities on the ground – only after a go",
        "Level 4: State institutions – only after a go",
        "Level 1: Head office – after 5 min",
        "Level 2: Embassies – after 15 min",
        "Level 3: Capitals and United Nations – after 45 min",
    ]
    assert "WAIT for a coordinator's go: they may be the perpetrator's employer." in text


def test_who_must_not_be_called_is_named_with_the_reason_and_without_a_number(office: Office) -> None:
    """A3: what was pruned, and why, is shown."""
    text = sheet(office, *ARREST, "--perpetrator", "army", "--exclude", "ombuds")

    assert "5th Brigade · brigade: belongs to the alleged perpetrator" in text
    assert "Embassy of Germany in Bogotá · embassy-de: represents none of the affected" in text
    assert "Office of the Ombudsman · ombuds: excluded" in text
    assert "5550111" not in text
    assert "+49" not in text


def test_consent_is_internal_unless_given(office: Office) -> None:
    text = sheet(office, "--country", "CO", "--type", "arrest")

    assert "consent: internal" in text
    assert "Embassy of Spain in Bogotá · embassy-es: consent does not go that far" in text


@pytest.mark.parametrize("language", ["de", "en", "fr", "es"])
def test_the_sheet_is_in_the_language_of_whoever_calls(office: Office, language: str) -> None:
    title = {"de": "Anrufblatt", "en": "Call sheet", "fr": "Feuille d'appel", "es": "Hoja de llamadas"}

    assert sheet(office, "--language", language).startswith(title[language])


def test_without_a_database_the_folder_serves_and_the_sheet_says_so(office: Office) -> None:
    said = office.types("call-sheet", "--format", "text")

    assert said.code == 0
    assert "The database can't be used (ALERTNET_DATABASE_URL: there is no file " in said.err
    text = read(office.folder / "call-sheet.txt")
    assert f"Trees of the folder {REPOSITORY / 'contact_trees'}, not of the database: colombia (" in text
    assert not (office.folder / "alertnet.db").exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"ALERTNET_SECRET_KEY": "another secret that never sealed anything"},
        {"ALERTNET_SECRET_KEY": ""},
        {"ALERTNET_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"},
    ],
    ids=["another secret", "no secret", "no server"],
)
def test_a_database_that_cannot_be_read_is_left_alone_with_the_reason(
    office: Office, runtime: Runtime, ref: str, broken: dict[str, str]
) -> None:
    office.env.update(broken)
    said = office.types("call-sheet", "--format", "text")

    assert said.code == 0
    assert "The database can't be used (" in said.err
    assert "not of the database" in read(office.folder / "call-sheet.txt")


def test_a_damaged_database_is_no_obstacle(office: Office) -> None:
    (office.folder / "alertnet.db").write_bytes(b"scrambled" * 1000)

    assert "not of the database" in sheet(office)


def test_the_trees_are_those_in_force_in_the_database_whatever_the_folder_holds(
    office: Office, runtime: Runtime, ref: str
) -> None:
    """A8: a broken YAML file never replaces the last good one."""
    folder = office.folder / "edited"
    shutil.copytree(REPOSITORY / "contact_trees", folder)
    (folder / "colombia.yaml").write_text("tree: [")
    office.env["ALERTNET_CONTACT_TREES"] = str(folder)

    text = sheet(office)

    assert "Trees in force in the database since 20" in text
    assert f"colombia ({runtime.edition.trees['colombia'][:12]})" in text
    assert "Duty coordinator · PBI Colombia · coordinator" in text


def test_the_folder_can_be_asked_for_by_name(office: Office, runtime: Runtime, ref: str) -> None:
    """The same tree has the same hash wherever it is read from."""
    text = sheet(office, "--trees", str(REPOSITORY / "contact_trees"))

    assert f"not of the database: colombia ({runtime.edition.trees['colombia'][:12]})" in text


def test_the_sheet_of_an_incident_says_who_has_answered(office: Office, runtime: Runtime, ref: str) -> None:
    def answer(tx: Tx) -> None:
        case = take_up(tx, incidents.id_of(tx, ref))
        respond(case.recipient("colombia", "coordinator"), Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))
        case.finish()

    runtime.transact(answer)
    text = sheet(office, ref.lower())
    coordinator = text[text.index("* Duty coordinator") : text.index("* Second coordinator")]

    assert text.startswith(f"Call sheet {ref}")
    assert f"Trees that {ref} runs on" in text
    assert re.search(r"HAS ANSWERED 20[-0-9]+ \d\d:\d\d \(UTC-5\): takes charge", coordinator)
    assert "1. «" not in coordinator
    assert f"1. «J'appelle de la part de PBI, réseau international de soutien, référence {ref}." in text
    assert "Secreta" not in text
    assert "L12" not in text


def test_the_sheet_of_a_closed_incident_says_that_nobody_is_to_be_called(
    office: Office, runtime: Runtime, ref: str
) -> None:
    runtime.transact(close_incident, ref, CloseReason.RELEASED, None)

    assert "This incident is CLOSED: nobody is to be called." in sheet(office, ref)


def test_the_file_is_its_owner_s_alone_even_where_one_was_that_everybody_could_read(office: Office) -> None:
    path = office.folder / "open.txt"
    path.write_text("an older sheet")
    path.chmod(0o644)

    said = office.types("call-sheet", "--format", "text", "--output", str(path))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"Confidential: {path} is readable by you alone. Shred or burn it" in said.out
    assert "an older sheet" not in path.read_text()
    assert not list(office.folder.glob(".open*"))


def test_what_is_no_file_is_written_into_and_stays_what_it_is(tmp_path: Path) -> None:
    """Typed by root, `--output /dev/stdout` must not leave a file in place of what all programs write to."""
    pipe, link, other = tmp_path / "pipe", tmp_path / "stdout", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    other.symlink_to(tmp_path / "sheet")
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for path in (pipe, link):
            write_confidential(path, b"whom to call", "a remark")
            assert os.read(reading, 100) == b"whom to call"
    finally:
        os.close(reading)
    write_confidential(other, b"whom to call", "a remark")

    assert (pipe.is_fifo(), link.is_symlink(), other.is_symlink()) == (True, True, True)
    assert (tmp_path / "sheet").read_bytes() == b"whom to call"
    assert stat.S_IMODE((tmp_path / "sheet").stat().st_mode) == 0o600


POST = "Štítné Žďár Ñandú Œuvre"


def with_posts(office: Office, count: int) -> Path:
    """A folder of trees with so many posts more."""
    trees = office.folder / "many"
    shutil.copytree(REPOSITORY / "contact_trees", trees)
    contacts = "".join(
        f"\n  post-{number}: {{role: ngo, organisation: {POST} {number}, methods: [{{call: '+5730055{number:05}'}}]}}"
        for number in range(count)
    )
    names = ", ".join(f"post-{number}" for number in range(count))
    tree = (trees / "colombia.yaml").read_text()
    tree = tree.replace("\nlevels:", f"{contacts}\n\nlevels:\n  - {{name: Posts, notify: [{names}]}}")
    (trees / "colombia.yaml").write_text(tree)
    return trees


def test_pages_are_numbered_and_each_is_marked_as_confidential(office: Office) -> None:
    pages = printed(office, "--trees", str(with_posts(office, 100)))

    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        assert f"Confidential: shred or burn after use. Page {number} of {len(pages)}" in page
    whole = " ".join(pages)
    assert all(f"{POST} {number} · post-{number} " in whole for number in range(100))
    assert re.findall(r"· post-(\d+) ", whole) == [str(number) for number in range(100)]


def test_what_belongs_together_and_fills_more_than_a_page_goes_on_on_the_next(office: Office) -> None:
    """A3: who must not be called is one paragraph, however many they are; none falls off the paper."""
    pages = printed(office, "--trees", str(with_posts(office, 200)), "--country", "CO", "--type", "arrest")

    found = [re.findall(r"post-(\d+):", page) for page in pages]
    assert [number for page in found for number in page] == [str(number) for number in range(200)]
    assert len([page for page in found if page]) == 2


def test_a_case_with_forty_contacts_fits_on_three_pages_and_has_each_once(office: Office) -> None:
    """Whoever calls by candlelight turns few pages."""
    methods = '[{{sms: "+5730055501{0}"}}, {{call: "+5730055501{0}", after: 3m}}, {{email: post-{0}@net.example}}]'
    whom = 'name: Duty officer, organisation: Office {0} of the network, hours: "Mo-Fr 08:30-16:30", methods: '
    ids, languages = [f"{number:02}" for number in range(40)], ("es", "en", "fr")
    contacts = [
        f"  post-{id}: {{role: ngo, language: {languages[int(id) % 3]}, {(whom + methods).format(id)}}}" for id in ids
    ]
    levels = [
        f"  - {{name: Level {at}, notify: [{', '.join(f'post-{id}' for id in ids[at : at + 5])}]}}"
        for at in range(0, 40, 5)
    ]
    tree = (REPOSITORY / "tests/trees/valley.yaml").read_text()
    tree = tree.replace("\nlevels:", "\n" + "\n".join(contacts) + "\nlevels:") + "\n".join(["", *levels, ""])
    folder = office.folder / "forty"
    folder.mkdir()
    (folder / "valley.yaml").write_text(tree)

    pages = printed(office, "--trees", str(folder), *ARREST)

    assert len(pages) <= 3
    assert min(map(len, pages[:2])) > 1000
    assert re.findall(r"· post-(\d\d) ·", " ".join(pages)) == ids


@pytest.mark.parametrize(("name", "printed"), [("Місія ООН", "Місія ООН"), ("ታደሰ", "tadese")])
def test_a_name_in_letters_that_the_fonts_lack_is_written_in_latin_ones(
    office: Office, name: str, printed: str
) -> None:
    trees = office.folder / "trees"
    shutil.copytree(REPOSITORY / "contact_trees", trees)
    path = trees / "international.yaml"
    path.write_text(path.read_text().replace("UN Human Rights Office", name))

    assert printed in sheet(office, "--trees", str(trees), format="pdf")
    assert name in sheet(office, "--trees", str(trees))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--country", "XX", "--type", "arrest"), "--country: 'XX'"),
        (("--type", "arrest"), "--country: missing"),
        (("--country", "CO"), "--type: missing (allowed: killing, "),
        (("--country", "CO", "--type", "arrrest"), "--type: 'arrrest'"),
        (("--country", "CO", "--type", "arrest", "--nationality", "es"), "--nationality: 'es'"),
        (("--country", "CO", "--type", "arrest", "--severity", "grave"), "'grave'"),
        (("--country", "CO", "--type", "arrest", "--exclude", "nobody"), "--exclude: 'nobody'"),
        (("A-7K3M", "--country", "CO", "--type", "arrest"), "REF: 'A-7K3M'"),
        (("A-7K3M", "--trees", "trees"), "--trees: 'trees'"),
        (("A-7K3M",), "A-7K3M: the database can't be used (ALERTNET_DATABASE_URL: there is no file "),
        (("--trees", "nowhere"), "nowhere"),
        (("--language", "xx"), "--language: 'xx' is not allowed (allowed: de, en, es, es-ES, fr, pt)"),
        (("--format", "docx"), "'docx'"),
        (("--output", "no/such/folder/sheet.pdf"), "--output: 'no/such/folder/sheet.pdf'"),
        (("--output", "."), "--output: '.'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_used_is_refused_by_name(office: Office, words: tuple[str, ...], told: str) -> None:
    assert told in refused(office.types("call-sheet", *words))


def test_an_incident_that_is_not_there_is_refused(office: Office, runtime: Runtime, ref: str) -> None:
    assert "no incident 'A-AAAA'" in refused(office.types("call-sheet", "A-AAAA"))


def test_where_nobody_takes_turns_none_are_announced(office: Office) -> None:
    """A sentence that ends with a colon makes whoever calls look for what is missing."""
    text = sheet(office)

    assert "Second coordinator" in text
    assert "before the numbers below" not in text


def test_countries_are_named_in_the_language_of_whoever_calls(office: Office) -> None:
    text = sheet(office, *ARREST, "--language", "fr")

    assert "arrestation · critique · Colombie · " in text
    assert "Numéros d'urgence, Colombie : 123" in text


def test_whoever_takes_turns_on_duty_is_named_with_the_number(office: Office) -> None:
    trees = office.folder / "trees"
    shutil.copytree(REPOSITORY / "contact_trees", trees)
    colombia = (trees / "colombia.yaml").read_text()
    (trees / "colombia.yaml").write_text(colombia.replace("rota: []", "rota: [ana, luis]"))

    text = sheet(office, "--trees", str(trees))

    assert "before the numbers below: north/ana +57 300 5550001, north/luis +57 300 5550002 at once: text" in text
