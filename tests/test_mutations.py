"""Whether a rendered project's tests notice when one of its protections is taken away."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from .conftest import Bake, BakedProject
from .mutations import MUTATIONS, Mutation

NOTICED_BY: dict[str, str] = json.loads(
    Path(__file__).with_name("noticed_by.json").read_text("utf-8")
)
"""The test that noticed each mutation first, so that a run takes seconds. Where it does not notice
any more, or there is none, all tests of the mutation run."""
FIELDS = 'tenant_id: UUID, roles: list[str] = ["user"], seats: int = 1, trial: bool = True'


def mutate(mutation: Mutation, project: BakedProject) -> str:
    """Return the source of the mutation's file without the protection."""
    file = project.path / "src" / project.answers["package_name"] / mutation.file
    source: str = file.read_text("utf-8")
    for old, new in mutation.changes:
        assert old in source, f"{mutation.name}: the protection is not there any more: {old}"
        source = source.replace(old, new)
    compile(source, mutation.name, "exec")
    return source


def answers_of(mutation: Mutation) -> dict[str, str]:
    return {"auth_backend": mutation.backend, "token_fields": FIELDS, **mutation.answers}


def test_every_mutation_is_one_of_the_code_as_it_is(bake: Bake) -> None:
    alike = defaultdict(list)
    for mutation in MUTATIONS:
        alike[tuple(answers_of(mutation).items())].append(mutation)
    for answers, mutations in alike.items():
        project = bake(**dict(answers))
        for mutation in mutations:
            mutate(mutation, project)
            for test in mutation.tests:
                assert (project.path / test.partition("::")[0]).exists(), (mutation.name, test)


def test_what_noticed_first_is_a_mutation() -> None:
    assert NOTICED_BY.keys() <= {mutation.name for mutation in MUTATIONS}


@pytest.mark.full
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_missing_protection_is_noticed(mutation: Mutation, bake: Bake) -> None:
    project = bake(**answers_of(mutation))
    file = project.path / "src" / project.answers["package_name"] / mutation.file
    file.write_text(mutate(mutation, project), "utf-8")
    first = NOTICED_BY.get(mutation.name)
    tested = project.run("pytest", "-q", "-x", *([first] if first else mutation.tests))
    if first and tested.returncode != 1:
        tested = project.run("pytest", "-q", "-x", *mutation.tests)
    assert tested.returncode == 1, tested.stdout
    assert " failed" in tested.stdout
