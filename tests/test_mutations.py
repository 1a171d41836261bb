"""Whether a rendered project's tests notice when one of its protections is taken away."""

import pytest

from .conftest import Bake
from .mutations import MUTATIONS, Mutation

FIELDS = 'tenant_id: UUID, roles: list[str] = ["user"], seats: int = 1, trial: bool = True'


@pytest.mark.full
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_missing_protection_is_noticed(mutation: Mutation, bake: Bake) -> None:
    answers = {"auth_backend": mutation.backend, "token_fields": FIELDS, **mutation.answers}
    project = bake(**answers)
    file = project.path / "src" / project.answers["package_name"] / mutation.file
    source = file.read_text("utf-8")
    for old, new in mutation.changes:
        assert old in source, f"the protection is not there any more: {old}"
        source = source.replace(old, new)
    compile(source, file, "exec")
    file.write_text(source, "utf-8")
    tested = project.run("pytest", "-q", "-x", *mutation.tests)
    assert tested.returncode == 1, tested.stdout
    assert " failed" in tested.stdout
