"""One recipient in several trees is found at once, by its addresses or the file that it is included from."""

from hypothesis import given
from hypothesis import strategies as st

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import Recipients
from tests.core.cast import contact, email, sms, tree

ADDRESSES = st.lists(st.sampled_from(["+1", "+2", "+3", "a@x.example", "b@x.example"]), min_size=1, max_size=3)
FILES = st.sampled_from([None, "shared.yaml", "other.yaml"])
CONTACTS = st.lists(st.tuples(st.sampled_from("abcd"), ADDRESSES, FILES), max_size=4, unique_by=lambda each: each[0])


def made(id: str, addresses: list[str], file: str | None) -> Contact:
    methods = [email(address) if "@" in address else sms(address) for address in addresses]
    return contact(id, *methods, included_from=file)


def test_the_contact_itself_comes_first_and_the_others_in_the_order_of_the_trees() -> None:
    first = tree([], [contact("a", sms("+1")), contact("b", sms("+2"))], id="first")
    second = tree([], [contact("c", sms("+2"), email("b@x.example"))], id="second")
    third = tree([], [contact("d", email("b@x.example"))], id="third")

    same = Recipients([first, second, third]).same_as("second", "c")

    assert [(id, each.id) for id, each in same] == [("second", "c"), ("first", "b"), ("third", "d")]


@given(st.lists(CONTACTS, min_size=1, max_size=3))
def test_they_are_those_whom_comparing_each_with_each_would_find(
    drawn: list[list[tuple[str, list[str], str | None]]],
) -> None:
    trees = [tree([], [made(*each) for each in contacts], id=f"tree-{place}") for place, contacts in enumerate(drawn)]
    everybody = [(each.id, one) for each in trees for one in each.contacts.values()]
    recipients = Recipients(trees)

    for own_tree, own in everybody:
        others = [
            (id, each)
            for id, each in everybody
            if each is not own
            and each.is_same_recipient(own)
            and (id != own_tree or each.asked_at <= own.asked_at or own.asked_at <= each.asked_at)
        ]
        assert recipients.same_as(own_tree, own.id) == ((own_tree, own), *others)
