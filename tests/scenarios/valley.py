"""A small network for the screenplays that need waits of their own: the cast's numbers, in English."""

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, disclosure: full, methods: [{sms: "+573005550101"}]}
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""

FIELD = """
teams:
  north:
    country: CO
    language: es
    consent: international
    members:
      ana: {name: Ana Example, phone: "+573005550001", language: es}
      luis: {name: Luis Example, phone: "+573005550002", language: es, silent: true}
      mary: {name: Mary Example, phone: "+573005550003", language: en}
people:
  P7: {kind: accompanier, nationality: ES, consent: international}
  P9: {kind: defender, nationality: CO, consent: national}
"""

COORDINATION = "  - {name: Coordination, notify: [coordinator], wait: 10m}\n"

OFFICES = {
    "busy": "+573005550201",
    "manual": "+573005550202",
    "voicemail": "+573005550203",
    "wrong-person": "+573005550204",
}
"""Numbers of offices, by how their phones behave."""


def calling_offices() -> str:
    """The YAML of a tree that calls each of the offices when it opens, and texts another number two minutes later."""
    contacts = "".join(
        f"  {office}:\n    role: ngo\n    organisation: {office}\n"
        f'    methods: [{{call: "{number}"}}, {{sms: "{number[:-3]}3{number[-2:]}", after: 2m}}]\n'
        for office, number in OFFICES.items()
    )
    return a_tree(f"  - {{name: Offices, notify: [{', '.join(OFFICES)}], wait: 10m}}\n", CONTACTS + contacts)


def a_tree(
    levels: str, contacts: str = CONTACTS, *, tree: str = "valley", countries: str = "CO", rest: str = ""
) -> str:
    """The YAML of a tree with those levels and contacts; `rest` is more of its head."""
    return f"""
tree: {tree}
title: {tree.capitalize()} network
scope: national
serves: {{countries: [{countries}]}}
timezone: America/Bogota
language: en
sender: {tree.upper()}
callback: "+573005550101"
last_resort: [desk]
{rest}
contacts:
{contacts}
levels:
{levels}
"""
