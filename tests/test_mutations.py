"""Whether a rendered project's tests notice when one of its protections is taken away."""

from collections import defaultdict

import pytest

from .conftest import Bake, BakedProject
from .mutations import MUTATIONS, Mutation

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


@pytest.mark.full
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_missing_protection_is_noticed(mutation: Mutation, bake: Bake) -> None:
    project = bake(**answers_of(mutation))
    file = project.path / "src" / project.answers["package_name"] / mutation.file
    file.write_text(mutate(mutation, project), "utf-8")
    tested = project.run("pytest", "-q", "-x", *mutation.tests)
    assert tested.returncode == 1, tested.stdout
    assert " failed" in tested.stdout
