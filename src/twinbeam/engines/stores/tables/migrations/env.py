"""What Alembic runs a migration in: the transaction that `upgrade.py` has begun."""

from alembic import context

from twinbeam.engines.stores.tables.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
