"""`quarantine`: what unknown numbers wrote, and whose it is, beside a running process."""

from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from alertnet.store.records.inbound import InboundText
from tests.cli.conftest import Office


def test_a_text_of_an_unknown_number_is_listed_and_bound(office: Office, runtime: Runtime) -> None:
    """B4, B7: the PIN in it is shown to nobody, and proves whose it is."""
    runtime.transact(set_pins, "north/ana", "47110")
    sms = InboundText("SM01", "+573009999999", "ALERTA 47110 31 nos siguen")
    assert runtime.transact(receive_sms, runtime.edition, sms) is None

    listed = office.types("quarantine", "list")
    bound = office.types("quarantine", "bind", "SM01", "north/ana")

    assert "SM01" in listed.out
    assert "ALERTA ····· 31 nos siguen" in listed.out
    [incident] = runtime.read(lambda tx: incidents.latest_open(tx.session, 5))
    assert bound.out.strip() == incident.ref
    assert (incident.facts.type, incident.facts.verified) == ("threat", True)
    again = office.types("quarantine", "bind", "SM01", "north/ana")
    assert (again.code, "bound to north/ana" in again.err) == (2, True)
    assert office.types("quarantine", "list").out == ""


def test_no_text_steers_the_terminal_in_which_it_is_read(office: Office, runtime: Runtime) -> None:
    """A12: the words are all there; a stranger's could rename the window, clear it, or forge what the command says."""
    steering = "\x1b]0;mine\x07 \x9b2J \x08\x7f\u202eback\r"
    for sid, number in (("SM01", "+573009999999"), ("SM02", "+573005550001")):
        runtime.transact(receive_sms, runtime.edition, InboundText(sid, number, f"{steering}dos"))
    ref = office.types("incidents", "list").out.split()[0]

    read = [
        office.types("quarantine", "list").out,
        office.types("incidents", "show", ref).out,
        office.types("subject", "+573005550001").out,
    ]

    assert all("dos" in each and "\N{REPLACEMENT CHARACTER}" in each for each in read)
    assert not set("\x1b\x07\x9b\x08\x7f\u202e\r") & set("".join(read))
