"""Which provider takes what: by the country of the number, in the order in which they are tried."""

import pytest

from alertnet.core.delivery.provider_routes import ANY_NUMBER, FIRST, IN_ORDER, MAIL, SECOND, Routing, nearest
from alertnet.core.directory.contact import MethodKind

SMS, CALL, EMAIL = MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL
ROUTES = Routing({"+57": (SECOND, FIRST), "+571": (SECOND,), MAIL: (SECOND, FIRST), ANY_NUMBER: (FIRST,)})


@pytest.mark.parametrize(
    ("method", "address", "order"),
    [
        (SMS, "+573005550101", ("2", "1")),
        (CALL, "+573005550101", ("2", "1")),
        (SMS, "+5715550101", ("2",)),
        (SMS, "+34600550140", ("1",)),
        (EMAIL, "duty@pbi.example", ("2", "1")),
    ],
)
def test_the_longest_prefix_counts(method: MethodKind, address: str, order: tuple[str, ...]) -> None:
    assert ROUTES.order(method, address) == order


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("+525512345601", "+525550000001"),
        ("+12025550101", "+15005550006"),
        ("+50255550101", "+50255550100"),
        pytest.param("+50355550101", "+15005550006", id="its neighbour's is no number of its country"),
        pytest.param("+881612345678", "+15005550006", id="no country"),
        pytest.param("duty@pbi.example", "+15005550006", id="a mail"),
    ],
)
def test_a_message_comes_from_a_number_of_its_country(address: str, number: str) -> None:
    assert nearest(["+15005550006", "+50255550100", "+525550000001"], address) == number


def test_without_routes_all_are_tried_the_first_one_first() -> None:
    assert IN_ORDER.order(SMS, "+573005550101") == IN_ORDER.order(EMAIL, "duty@pbi.example") == ("1", "2")


def test_who_is_not_there_is_left_out() -> None:
    assert ROUTES.order(SMS, "+573005550101", [FIRST]) == ("1",)


def test_an_alert_is_never_without_a_way_because_of_its_country() -> None:
    assert ROUTES.order(SMS, "+5715550101", [FIRST]) == ("1",)
