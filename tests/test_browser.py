"""The docs page in a real browser: each of the three ways to carry a token, as a person uses it."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, Route, expect, sync_playwright

from scripts.demo import EMAIL, PASSWORD, TEMPLATE

from .conftest import Bake, need_program
from .servers import running

pytestmark = pytest.mark.full

FIELDS = 'plan: Literal["free", "pro"] = "free", roles: list[str] = ["user"]'
CREDENTIALS = {"email": EMAIL, "password": PASSWORD}

# A sandbox needs rights that containers lack; the others keep the browser from calling home.
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
REFUSAL = re.compile("Failed to load resource: .* status of 40[01]")
SCREENSHOTS = TEMPLATE / "docs" / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = need_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


class Docs:
    """The docs page, and all that the browser asks for and complains about."""

    def __init__(self, page: Page, url: str) -> None:
        page.set_default_timeout(10_000)
        self.page = page
        self.url = url
        self.requested: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        # A refusal by the API is one as well, and tested as such.
        if kind in {"error", "warning"} and not REFUSAL.search(text):
            self.complaints.append(text)

    def open(self, path: str = "/schema") -> None:
        self.page.goto(self.url + path)
        expect(self.operation("GET", "/me")).to_be_visible()

    def operation(self, method: str, path: str) -> Locator:
        kind = f".opblock-{method.lower()}"
        return self.page.locator(f'{kind}:has([data-path="{path}"])')

    def execute(
        self, method: str, path: str, body: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Try an operation out, and return the status and the JSON that the page shows.

        An empty body is none: what the page proposes is deleted.
        """
        operation = self.operation(method, path)
        if "is-open" not in (operation.get_attribute("class") or ""):
            operation.locator(".opblock-summary-control").click()
            operation.get_by_role("button", name="Try it out", exact=True).click()
        if body is not None:
            operation.locator("textarea.body-param__text").fill(json.dumps(body) if body else "")
        for clear in operation.get_by_role("button", name="Clear", exact=True).all():
            clear.click()
        with self.page.expect_response(lambda answer: is_to(answer, method, path)) as sent:
            operation.get_by_role("button", name="Execute", exact=True).click()
        shown = operation.locator(".live-responses-table tr.response")
        expect(shown.locator(".response-col_status")).to_contain_text(str(sent.value.status))
        if sent.value.status == 204:
            return 204, None
        return sent.value.status, json.loads(shown.locator("pre code").first.inner_text())

    def picture(self, name: str, of: Locator | None = None) -> None:
        """Keep what the page looks like, where it is asked for."""
        if not os.environ.get("SCREENSHOTS"):
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        if of is not None:
            of.evaluate("element => element.scrollIntoView()")
        # Pointer, focus and transitions are not the matter.
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    # --- The dialog ---

    @property
    def dialog(self) -> Locator:
        return self.page.locator(".dialog-ux")

    def open_dialog(self) -> Locator:
        self.page.locator(".auth-wrapper > .authorize").click()
        return self.dialog

    def close_dialog(self) -> None:
        self.dialog.get_by_role("button", name="Close", exact=True).click()

    def log_out_in_dialog(self) -> None:
        self.open_dialog().get_by_role("button", name="Remove authorization").click()
        self.close_dialog()

    def assert_nothing_is_wrong(self) -> None:
        """Nothing left the origin, and the browser had nothing to complain about."""
        assert self.requested
        here = (f"{self.url}/", "data:")
        assert [url for url in self.requested if not url.startswith(here)] == []
        assert self.complaints == []


def is_to(answer: Response, method: str, path: str) -> bool:
    return answer.request.method == method and answer.url.endswith(path)


OpenDocs = Callable[..., Docs]


@pytest.fixture
def open_docs(bake: Bake, browser: Browser) -> Iterator[OpenDocs]:
    """Render a project, run it, register somebody by hand, and hold the page to what it must be."""
    with ExitStack() as servers:

        def start(auth_backend: str) -> Docs:
            project = bake(auth_backend=auth_backend, token_fields=FIELDS)
            url = servers.enter_context(running(project)).url
            context = servers.enter_context(
                browser.new_context(viewport={"width": 1280, "height": 900})
            )
            docs = Docs(context.new_page(), url)
            docs.open()
            servers.callback(docs.assert_nothing_is_wrong)
            account = {**CREDENTIALS, "name": "Ada"}
            assert docs.execute("POST", "/register", account)[0] == 201
            docs.open()
            return docs

        yield start


def assert_is_me(answer: tuple[int, Any]) -> None:
    status, me = answer
    assert status == 200
    assert (me["email"], me["plan"], me["roles"]) == (EMAIL, "free", ["user"])


def assert_is_refused(answer: tuple[int, Any]) -> None:
    status, problem = answer
    assert (status, problem["title"]) == (401, "Unauthorized")


def test_oauth2_signs_in_with_the_dialog(open_docs: OpenDocs) -> None:
    docs = open_docs("oauth2")
    docs.picture("oauth2-page")
    assert_is_refused(docs.execute("GET", "/me"))

    dialog = docs.open_dialog()
    dialog.get_by_label("username").fill(EMAIL)
    dialog.get_by_label("password:").fill("not the password")
    docs.picture("oauth2-sign-in")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.locator(".errors")).to_contain_text("The grant is wrong")
    docs.picture("oauth2-wrong-password")

    dialog.get_by_label("password:").fill(PASSWORD)
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog).to_contain_text("Authorized")
    docs.close_dialog()

    assert_is_me(docs.execute("GET", "/me"))
    docs.picture("oauth2-me", docs.operation("GET", "/me"))

    assert docs.execute("POST", "/logout", {}) == (204, None)
    assert_is_refused(docs.execute("GET", "/me"))
    docs.picture("oauth2-logged-out", docs.operation("GET", "/me"))
    docs.log_out_in_dialog()
    assert_is_refused(docs.execute("GET", "/me"))


def test_cookie_logs_in_by_trying_out(open_docs: OpenDocs) -> None:
    docs = open_docs("cookie")
    assert_is_refused(docs.execute("GET", "/me"))

    wrong = docs.execute("POST", "/login", {**CREDENTIALS, "password": "not the password"})
    assert wrong[0] == 401
    status, answer = docs.execute("POST", "/login", CREDENTIALS)
    assert status == 200
    assert set(answer) == {"user", "expires_in"}
    docs.picture("cookie-login", docs.operation("POST", "/login"))

    assert_is_me(docs.execute("GET", "/me"))
    docs.picture("cookie-me", docs.operation("GET", "/me"))
    assert docs.page.evaluate("document.cookie") == ""

    assert docs.execute("POST", "/logout") == (204, None)
    assert docs.page.context.cookies() == []
    assert_is_refused(docs.execute("GET", "/me"))


def test_header_takes_a_token_that_is_pasted(open_docs: OpenDocs) -> None:
    docs = open_docs("header")
    assert_is_refused(docs.execute("GET", "/me"))

    wrong = docs.execute("POST", "/login", {**CREDENTIALS, "password": "not the password"})
    assert wrong[0] == 401
    status, answer = docs.execute("POST", "/login", CREDENTIALS)
    assert status == 200

    dialog = docs.open_dialog()
    dialog.get_by_role("textbox").fill(answer["access_token"])
    docs.picture("header-paste")
    dialog.get_by_role("button", name="Apply").click()
    docs.close_dialog()

    assert_is_me(docs.execute("GET", "/me"))
    docs.picture("header-me", docs.operation("GET", "/me"))

    assert docs.execute("POST", "/logout", {}) == (204, None)
    assert_is_refused(docs.execute("GET", "/me"))
    docs.log_out_in_dialog()
    assert_is_refused(docs.execute("GET", "/me"))


def test_a_path_prefix_of_a_proxy_does_not_matter(open_docs: OpenDocs) -> None:
    docs = open_docs("oauth2")
    origin, docs.url = docs.url, f"{docs.url}/prefix"
    docs.requested.clear()

    def forward(route: Route) -> None:
        route.continue_(url=route.request.url.replace(docs.url, origin))

    docs.page.route(f"{docs.url}/**", forward)
    for path in ("/schema", "/schema/", "/schema/swagger", "/schema/swagger/"):
        docs.open(path)
    dialog = docs.open_dialog()
    dialog.get_by_label("username").fill(EMAIL)
    dialog.get_by_label("password:").fill(PASSWORD)
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog).to_contain_text("Authorized")
    docs.close_dialog()
    assert_is_me(docs.execute("GET", "/me"))
