"""`incidents` and `audit`: how things stand, closing, and whether the history is the one that was written."""

from sqlalchemy import delete, func, select, update

from alertnet.core.incident import IncidentStatus
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from alertnet.store.records.inbound import InboundText
from alertnet.store.tables import chain_heads, notifications
from alertnet.store.tables import timeline as entries
from alertnet.store.views import audit
from tests.cli.conftest import Office


def test_that_there_is_none_is_said_where_no_script_reads_it(office: Office, runtime: Runtime) -> None:
    """An empty answer leaves a newcomer to wonder whether anything was asked at all."""
    said = office.types("incidents", "list")

    assert (said.code, said.out, said.err) == (0, "", "No incidents.\n")


def test_the_list_shows_what_is_open_and_nothing_of_those_concerned(office: Office, ref: str) -> None:
    """A9: references, types and severities; never a person, place or free text."""
    said = office.types("incidents", "list", "--status", "open")

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{ref}  open  critical  arrest  CO  ")
    assert "Secreta" not in said.out


def test_the_list_can_be_limited_to_those_closed(office: Office, ref: str) -> None:
    before = office.types("incidents", "list", "--status", "closed").out
    office.types("incidents", "close", ref, "--reason", "released")
    after = office.types("incidents", "list", "--status", "closed").out

    assert (before, after[: len(ref)]) == ("", ref)


def test_an_incident_is_shown_with_its_contacts_by_id_alone(office: Office, ref: str, numbers: set[str]) -> None:
    said = office.types("incidents", "show", ref.lower().replace("-", " "))

    assert said.code == 0
    assert "coordinator" in said.out
    assert "colombia" in said.out
    assert not [number for number in numbers if number in said.out]
    assert "\nplace  L12\n" in said.out
    assert "Secreta" not in said.out


def test_an_incident_is_shown_with_what_people_wrote(office: Office, runtime: Runtime, ref: str) -> None:
    """A12: word for word, with who it was and which number calls back."""
    office.types("incidents", "close", ref, "--reason", "released")
    sms = InboundText("SM1", "+573005550001", "they took P7\nto the north")
    runtime.transact(receive_sms, runtime.edition, sms)
    text = office.types("incidents", "list", "--status", "open").out.split()[0]

    said = office.types("incidents", "show", text)

    assert said.code == 0
    assert "north/ana  +573005550001\n    they took P7\n    to the north\n" in said.out


def test_each_code_is_shown_with_what_it_stands_for(office: Office, runtime: Runtime) -> None:
    """A12: whoever reads it at night need not know them by heart."""
    sms = InboundText("SM1", "+573005550001", "SOS 20 L12 P7 C2")
    reply = runtime.transact(receive_sms, runtime.edition, sms)
    assert reply is not None

    said = office.types("incidents", "show", reply.said.ref)

    assert "\nplace  L12\npeople  P7 (accompanier, ES)\n" in said.out
    assert "north/ana  arrest  place L12  person P7 (accompanier, ES)  consent C2  +573005550001\n" in said.out


def test_closing_takes_effect_at_once_and_tells_the_reason_to_the_history(
    office: Office, runtime: Runtime, ref: str
) -> None:
    """A4: nothing more of it leaves."""
    said = office.types("incidents", "close", ref, "--reason", "released", "--text", "home by taxi")

    assert (said.code, said.out) == (0, f"{ref} is closed.\n")
    incident = runtime.read(lambda tx: incidents.get(tx.session, incidents.id_of(tx, ref)))
    assert incident.status is IncidentStatus.CLOSED
    queued = select(func.count()).where(notifications.c.kind == "alert", notifications.c.status == "queued")
    assert runtime.read(lambda tx: tx.session.scalar(queued)) == 0


def test_an_incident_is_closed_only_once(office: Office, ref: str) -> None:
    office.types("incidents", "close", ref, "--reason", "released")

    err = office.refused("incidents", "close", ref, "--reason", "released")

    assert f"{ref} is closed" in err


def test_an_unknown_reason_is_refused_with_those_there_are(office: Office, ref: str) -> None:
    err = office.refused("incidents", "close", ref, "--reason", "tired")

    assert "'tired'" in err
    assert "safe_arrival" in err


def test_an_unknown_reference_is_named(office: Office, runtime: Runtime) -> None:
    for words in (["show", "A-7K3M"], ["close", "A-7K3M", "--reason", "released"]):
        said = office.types("incidents", *words)
        assert (said.code, said.err) == (2, "no incident 'A-7K3M'\n")


def test_an_untouched_history_verifies(office: Office, ref: str) -> None:
    """A10: `audit verify` exits 0 where every chain holds."""
    said = office.types("audit", "verify")

    assert (said.code, said.out.partition(".")[0]) == (0, "Every chain holds")


def test_a_changed_history_is_reported_by_chain_and_seq(office: Office, runtime: Runtime, ref: str) -> None:
    """A10: `audit verify` exits non-zero and says where."""
    chain = runtime.read(incidents.id_of, ref)
    change = update(entries).where(entries.c.chain == chain, entries.c.seq == 2).values(kind="nothing_happened")
    runtime.transact(lambda tx: tx.session.execute(change))
    assert runtime.read(lambda tx: audit.verify(tx.session))

    said = office.types("audit", "verify")

    assert said.code == 1
    assert f"{chain} 2: " in said.out


def test_what_stands_in_the_database_writes_no_line_of_the_audit(office: Office, runtime: Runtime, ref: str) -> None:
    """A10: whoever can write there can't let it say, on the terminal of whoever reads it, that every chain holds."""
    chain = runtime.read(incidents.id_of, ref)
    change = (
        update(entries).where(entries.c.chain == chain, entries.c.seq == 2).values(chain="\x1b[2J\nEvery chain holds.")
    )
    runtime.transact(lambda tx: tx.session.execute(change))

    said = office.types("audit", "verify")

    assert said.code == 1
    assert said.out.endswith("Every chain holds. 2: entries 1 to 1 are missing\n")
    assert "\x1b" not in said.out
    assert said.out.count("\n") == 1


def test_a_head_that_was_kept_outside_holds_the_database_to_it(office: Office, runtime: Runtime, ref: str) -> None:
    """A10: `audit head` prints it alone, and it covers all that there is; `audit verify --head` misses what is gone."""
    before = runtime.read(lambda tx: tx.session.execute(select(chain_heads)).mappings().one())
    head = office.types("audit", "head")
    assert (head.code, head.out.count("\n")) == (0, 1)
    assert office.types("audit", "verify", "--head", head.out.strip()).code == 0
    chain = runtime.read(incidents.id_of, ref)
    since = (entries.c.chain == "system") & (entries.c.seq > before["length"])
    runtime.transact(lambda tx: tx.session.execute(delete(entries).where(since)))
    runtime.transact(lambda tx: tx.session.execute(update(chain_heads).values(before)))

    said = office.types("audit", "verify", "--head", head.out.strip())

    assert office.types("audit", "verify").code == 0
    assert said.code == 1
    assert said.out.startswith(f"system {before['length'] + 1}: entries {before['length'] + 1} to ")
    assert chain not in said.out


def test_what_is_no_head_is_refused(office: Office, runtime: Runtime) -> None:
    err = office.refused("audit", "verify", "--head", "yesterday")

    assert "'yesterday'" in err
