"""`subject`: a person's own request, to see what is kept about it, and to have it erased."""

import json

from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import timeline
from alertnet.store.records.inbound import InboundText
from tests.cli.conftest import Office

ANA = "+573005550001"


def raises(runtime: Runtime) -> str:
    sms = InboundText("SM1", ANA, "SOS 20 L12 P7 C2 they took her at Puente Secreto")
    reply = runtime.transact(receive_sms, runtime.edition, sms)
    assert reply is not None
    assert reply.said.ref is not None
    return reply.said.ref


def kept(office: Office, who: str) -> dict[str, list[dict[str, object]]]:
    said = office.types("subject", who, "--json")
    assert said.code == 0, said.err
    return {name: section for name, section in json.loads(said.out).items() if section}


def test_a_member_is_shown_all_that_is_kept_by_name_and_by_number(office: Office, runtime: Runtime) -> None:
    ref = raises(runtime)

    by_name, by_number = kept(office, "north/ana"), kept(office, ANA)

    assert by_name == by_number
    [itself] = by_name["in_force"]
    assert (itself["of"], itself["addresses"]) == ("north/ana", [ANA])
    assert [each["words"] for each in by_name["texts_and_calls"]] == [
        "SOS 20 L12 P7 C2 they took her at Puente Secreto"
    ]
    assert [each["incident"] for each in by_name["incidents_raised"]] == [ref]
    text = office.types("subject", "north/ana").out
    assert "texts and calls\n" in text
    assert "Puente Secreto" in text


def test_a_mailbox_is_found_however_it_is_written(office: Office, runtime: Runtime) -> None:
    [itself] = kept(office, "Alertas@DEFENSORIA.example")["in_force"]

    assert itself["addresses"] == kept(office, "alertas@defensoria.example")["in_force"][0]["addresses"]


def test_a_pin_in_a_text_is_shown_to_nobody(office: Office, runtime: Runtime) -> None:
    """A duress PIN on the paper that somebody is handed would tell whoever reads along which one it is."""
    for number, words in enumerate(["FALSE 47990", "4-7-1-1-0 ALERT 20 at 18:30"]):
        runtime.transact(receive_sms, runtime.edition, InboundText(f"SM{number}", ANA, words))

    texts = kept(office, "north/ana")["texts_and_calls"]

    assert [each["words"] for each in texts] == ["FALSE ·····", "········· ALERT 20 at 18:30"]
    assert "47990" not in office.types("subject", ANA).out


def test_what_is_over_is_erased_and_what_stays_is_said_with_why(office: Office, runtime: Runtime) -> None:
    ref = raises(runtime)
    office.types("incidents", "close", ref, "--reason", "released")

    said = office.types("subject", "north/ana", "--erase", "--why", "their own request", "--by", "Ines", "--yes")

    assert said.code == 0
    assert "the history of incidents" in said.out
    assert "texts_and_calls" not in kept(office, ANA)
    assert kept(office, ANA)["incidents_raised"]
    [(_, entry)] = runtime.read(lambda tx: timeline.of_kind(tx.session, timeline.SYSTEM, "subject_erased"))
    assert (entry["of"], entry["by"], entry["why"]) == (["north/ana"], "Ines", "their own request")
    assert office.types("audit", "verify").code == 0


def test_what_an_open_incident_needs_stays(office: Office, runtime: Runtime, ref: str) -> None:
    """A2: whoever is being told goes on being told."""
    before = kept(office, "colombia/coordinator")["messages"]
    assert {each["incident"] for each in before} == {ref}

    office.types("subject", "colombia/coordinator", "--erase", "--why", "their own request", "--yes")

    assert kept(office, "colombia/coordinator")["messages"] == before


def test_nobody_is_erased_without_a_reason_and_strangers_are_refused(office: Office, runtime: Runtime) -> None:
    without = office.types("subject", "north/ana", "--erase", "--yes")
    assert (without.code, without.err.partition(":")[0]) == (2, "--why")

    for who in ("north/nobody", "+573001112233", "ana", "nobody"):
        said = office.types("subject", who)
        assert (said.code, f"{who!r}" in said.err) == (2, True)


def test_a_name_is_refused_with_who_may_be_meant_by_it(office: Office, runtime: Runtime) -> None:
    """Whoever is asked to forget Ana knows her name, and not how the files call her."""
    by_name, by_id, by_none = (office.types("subject", who).err for who in ("ana example", "coordinator", "zoe"))

    assert "allowed: north/ana)" in by_name
    assert "colombia/coordinator" in by_id
    assert "allowed: TREE/CONTACT, TEAM/MEMBER, a number" in by_none
