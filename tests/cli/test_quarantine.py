"""`quarantine`: what unknown numbers wrote, and whose it is, beside a running process."""

from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from alertnet.store.records.inbound import InboundSms
from tests.cli.conftest import Office


def test_a_text_of_an_unknown_number_is_listed_and_bound(office: Office, runtime: Runtime) -> None:
    """B4, B7: the PIN in it is shown to nobody, and proves whose it is."""
    runtime.transact(set_pins, "north/ana", "47110")
    sms = InboundSms("SM01", "+573009999999", "+15005550006", "ALERTA 47110 31 nos siguen")
    assert runtime.transact(receive_sms, runtime.edition, sms) is None

    listed = office.types("quarantine", "list")
    bound = office.types("quarantine", "bind", "SM01", "north/ana")

    assert "SM01" in listed.out
    assert "ALERTA ····· 31 nos siguen" in listed.out
    [incident] = runtime.read(lambda tx: incidents.page(tx.session, None, None, 5))
    assert bound.out.strip() == incident.ref
    assert (incident.facts.type, incident.facts.verified) == ("threat", True)
    again = office.types("quarantine", "bind", "SM01", "north/ana")
    assert (again.code, "bound to north/ana" in again.err) == (2, True)
    assert office.types("quarantine", "list").out == ""
