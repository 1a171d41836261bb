from alembic import context

from {{ cookiecutter.package_name }}.accounts import models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models.User.metadata,
    {{ "render_as_batch" if cookiecutter.database == "sqlite" else "transaction_per_migration" }}=True,
)
context.run_migrations()
