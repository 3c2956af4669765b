"""Signing in by a provider in a real browser, which is another site to it: what cookies go where is for it to say."""

import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alertnet.cli.server.web_server import listen, web
from alertnet.flows.credentials.linked import link
from alertnet.flows.credentials.users import add_user
from alertnet.runtime.clock import system_clock
from alertnet.store.records.credentials.users import Role
from tests.browser.conftest import PATIENCE
from tests.database import migrate
from tests.support.openid_provider import CLIENT, SECRET, openid_provider
from tests.support.program import made_program, settings_on
from tests.web.console.desk import HASH

pytestmark = pytest.mark.browser


def test_a_browser_comes_back_from_another_site_and_is_in(browser: Browser, tmp_path: Path) -> None:
    """The session's cookie is strict, and what was asked for is shown all the same; scripts are off."""
    with openid_provider(int(system_clock().timestamp())) as provider, listen("127.0.0.1", 0) as listening:
        url = f"http://localhost:{listening.getsockname()[1]}"
        client = {"ALERTNET_OIDC_CLIENT_ID": CLIENT, "ALERTNET_OIDC_CLIENT_SECRET": SECRET}
        settings = settings_on(
            f"sqlite:///{tmp_path / 'test.db'}",
            ALERTNET_PUBLIC_URL=url,
            ALERTNET_OIDC_ISSUER=provider.url,
            **client,
        )
        runtime = made_program(settings)
        migrate(runtime.engine)
        runtime.transact(add_user, "maria", Role.COORDINATOR, HASH, "test")
        runtime.transact(link, "maria", provider.url, "maria@pbi.example", "test")
        with web(runtime, listening, threading.Event()):
            context = browser.new_context(java_script_enabled=False)
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(f"{url}/desk/raise")

            page.get_by_role("link", name="Sign in by").click()

            expect(page.get_by_role("heading", name="Raise")).to_be_visible()
            assert page.url == f"{url}/desk/raise"
            assert {cookie["name"] for cookie in context.cookies()} == {"desk"}
            context.close()
        runtime.close()
