"""`raise` and `drill`: an incident or a drill from a terminal, beside a running `serve`."""

from alertnet.core.incident import IncidentStatus, Scope
from alertnet.runtime.wiring import Runtime
from alertnet.store.records import incidents
from tests.cli.conftest import Office

ARREST = ("raise", "--country", "CO", "--type", "arrest", "--consent", "national", "--person", "P7")


def test_an_incident_is_opened_and_its_reference_printed_alone(office: Office, runtime: Runtime) -> None:
    said = office.types(*ARREST, "--place", "L12", "--summary", "taken at the roadblock")

    assert said.code == 0, said.err
    (found,) = runtime.read(lambda tx: incidents.latest_open(tx.session, 10))
    assert said.out == f"{found.ref}\n"
    assert (found.status, found.facts.consent, found.facts.place) == (IncidentStatus.OPEN, Scope.NATIONAL, "L12")
    assert [each.nationality for each in found.facts.people] == ["ES"]


def test_a_drill_begins_and_its_reference_is_printed_alone(office: Office, runtime: Runtime) -> None:
    said = office.types("drill", "--country", "CO", "--type", "arrest")

    (found,) = runtime.read(lambda tx: incidents.latest_open(tx.session, 10))
    assert (said.code, said.out, found.facts.drill) == (0, f"{found.ref}\n", True)


def test_nothing_is_said_of_pins_that_were_never_set_to_somebody_who_raises_an_alarm(
    office: Office, runtime: Runtime
) -> None:
    """That is for the log of a start and for `doctor`: here it would stand before what matters."""
    said = office.types(*ARREST)

    assert (said.code, said.err) == (0, "")
    assert "have no PIN: whoever opens their link" in office.types("doctor", "--offline").out


def test_what_is_wrong_is_named_and_nothing_opened(office: Office, runtime: Runtime) -> None:
    for words, named in ((("--type", "riot"), "--type"), (("--country", "XX"), "--country")):
        err = office.refused(*ARREST, *words)
        assert named in err
    assert runtime.read(lambda tx: incidents.latest_open(tx.session, 10)) == []
