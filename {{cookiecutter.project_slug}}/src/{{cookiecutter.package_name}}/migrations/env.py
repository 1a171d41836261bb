from alembic import context

from {{ cookiecutter.package_name }}.accounts import models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models.User.metadata,
    render_as_batch={{ "True" if cookiecutter.database == "sqlite" else "False" }},
)
context.run_migrations()
