"""What Alembic runs: the migrations of one service, on a connection that is given or on the database of its settings.

`alembic --name registry revision --autogenerate -m "…"` in the root drafts the next migration of a service from the
difference between its rows and its database, which has to be at the last migration.
"""

from alembic import context

from services.runtime.migrations import configure, database_of

service = context.config.get_main_option("service", "")
connection = context.config.attributes.get("connection")
if connection is not None:
    configure(context, connection, service)
    context.run_migrations()
else:
    with database_of(service).write() as connection:
        configure(context, connection, service)
        context.run_migrations()
