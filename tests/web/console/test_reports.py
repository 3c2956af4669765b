"""Reports from the console: who may have which, and that a form on the incident's page offers them."""

from alertnet.store.records.credentials.users import Role
from tests.web.console.conftest import SitDown
from tests.web.console.test_incident import ref, sheet
from tests.web.world import World

__all__ = ["ref"]


def test_who_coordinates_has_the_full_report_and_who_observes_a_limited_one(
    world: World, sit_down: SitDown, ref: str
) -> None:
    coordinator, observer = sit_down("maria"), sit_down("olga", Role.OBSERVER)
    path = f"/desk/incidents/{ref}/report"

    full = coordinator.browser.get(f"{path}?disclosure=full&language=es")
    refused = observer.browser.get(f"{path}?disclosure=full")
    limited = observer.browser.get(f"{path}?disclosure=limited&format=pdf")

    assert "By men in a white car" in full.text
    assert '<html lang="es"' in full.text
    assert refused.status_code == 403
    assert limited.headers["Content-Disposition"] == f'attachment; filename="{ref}-limited.pdf"'
    assert limited.content.startswith(b"%PDF-")
    assert '<option value="full">' in sheet(coordinator, ref).html
    assert '<option value="full">' not in sheet(observer, ref).html


def test_nobody_who_is_not_signed_in_has_a_report(world: World, ref: str) -> None:
    answer = world.client.get(f"/desk/incidents/{ref}/report", follow_redirects=False)

    assert answer.headers["Location"].startswith("/desk/sign-in")
