"""Parts of the app: what one brings along has its place, and two never share one."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.util import find_spec, module_from_spec
from typing import Any

import click
import pytest
from click.testing import CliRunner
from litestar import Litestar, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from sqlalchemy import text

from {{ cookiecutter.package_name }} import parts
from {{ cookiecutter.package_name }}.accounts.errors import WrongPassword
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.database import DatabaseUnavailable
from {{ cookiecutter.package_name }}.part import Part, PartsCollide, Problem
from {{ cookiecutter.package_name }}.security.posture import routes
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .conftest import Client, Person, make_settings

BUSY = Problem(HTTPStatus.CONFLICT, "kettle-busy", "The kettle is busy")


class KettleBusy(Exception):
    """Somebody else makes tea."""


class Kettle:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_on = False


@get("/kettle")
async def get_kettle_handler(kettle: NamedDependency[Kettle]) -> dict[str, bool]:
    """Whether the kettle is on."""
    return {"is_on": kettle.is_on}


@get("/tea")
async def get_tea_handler() -> None:
    """Make tea."""
    raise KettleBusy("Try the other one")


@click.command()
def boil() -> None:
    """Boil water."""


@asynccontextmanager
async def heating(app: Litestar) -> AsyncIterator[None]:
    app.state.kettle.is_on = True
    yield
    async with app.state.database.reading() as db:
        await db.execute(text("SELECT 1"))
    app.state.kettle.is_on = False


TEA = Part(
    name="tea",
    handlers=[get_kettle_handler, get_tea_handler],
    problems={KettleBusy: BUSY},
    services=lambda core: {"kettle": Kettle(core.settings)},
    commands=[boil],
    lifespan=[heating],
)
WITH_TEA = (*parts.PARTS, TEA)


def command_line(monkeypatch: pytest.MonkeyPatch, *more: Part) -> click.Group:
    """Return the command line as it is put together with further parts."""
    monkeypatch.setattr(parts, "PARTS", (*parts.PARTS, *more))
    spec = find_spec("{{ cookiecutter.package_name }}.cli")
    assert spec is not None
    assert spec.loader is not None
    cli = module_from_spec(spec)
    spec.loader.exec_module(cli)
    main: click.Group = cli.main
    return main


def test_handlers_of_a_part_get_its_services_and_are_closed_to_strangers(
    make_client: Callable[..., Client], settings: Settings, ada: Person
) -> None:
    with_tea = make_client(create_app(settings, WITH_TEA))
    assert with_tea.get("/kettle").status_code == 401
    transport.log_in(with_tea, ada.email, ada.password)
    assert with_tea.get("/kettle").json() == {"is_on": True}
    listed = {row["access"] for row in routes(with_tea.app) if row["path"] == "/kettle"}
    assert listed == {"authenticated"}


def test_problem_of_a_part_is_answered_as_it_says(
    make_client: Callable[..., Client], settings: Settings, ada: Person
) -> None:
    with_tea = make_client(create_app(settings, WITH_TEA))
    transport.log_in(with_tea, ada.email, ada.password)
    answer = with_tea.get("/tea")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:problem:kettle-busy",
        "title": "The kettle is busy",
        "status": 409,
        "detail": "Try the other one",
    }


def test_document_describes_handlers_of_a_part(
    make_client: Callable[..., Client], database_url: str
) -> None:
    app = create_app(make_settings(database_url, serve_docs=True), WITH_TEA)
    document = make_client(app).get("/schema/openapi.json").json()
    assert document["paths"]["/kettle"]["get"]["summary"] == "Whether the kettle is on"


def test_lifespan_of_a_part_ends_before_the_database_is_closed(
    make_client: Callable[..., Client], settings: Settings
) -> None:
    app = create_app(settings, WITH_TEA)
    with Client(app):
        assert app.state.kettle.is_on
    assert not app.state.kettle.is_on


def test_commands_of_a_part_are_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = command_line(monkeypatch, TEA).commands
    assert commands["boil"] is boil
    assert {"run", "users", "sessions", "keys", "database", "security"} < commands.keys()


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"name": "tea"}, "tea and tea both have the name tea"),
        ({"problems": {KettleBusy: BUSY}}, "tea and second both have the problem KettleBusy"),
        ({"problems": {WrongPassword: BUSY}}, "accounts and second .* problem WrongPassword"),
        ({"problems": {HTTPException: BUSY}}, "the app and second .* problem HTTPException"),
        ({"problems": {DatabaseUnavailable: BUSY}}, "the app and second .* DatabaseUnavailable"),
        ({"services": lambda _: {"kettle": 1}}, "tea and second both have the service kettle"),
        ({"services": lambda _: {"database": 1}}, "the app and second .* service database"),
    ],
    ids=str,
)
def test_two_parts_that_have_one_thing_stop_the_start(
    settings: Settings, second: dict[str, Any], message: str
) -> None:
    with pytest.raises(PartsCollide, match=message):
        create_app(settings, (*WITH_TEA, Part(**{"name": "second", **second})))


@pytest.mark.parametrize("name", ["boil", "users", "run"])
def test_two_parts_that_have_one_command_stop_the_command_line(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    second = Part(name="second", commands=[click.Command(name)])
    with pytest.raises(PartsCollide, match=f"and second both have the command {name}"):
        command_line(monkeypatch, TEA, second)


def test_run_names_two_parts_that_answer_one_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Part(name="second", problems={KettleBusy: BUSY})
    result = CliRunner().invoke(command_line(monkeypatch, TEA, second), ["run"])
    assert result.exit_code == 1
    assert result.output == "Error: tea and second both have the problem KettleBusy\n"
