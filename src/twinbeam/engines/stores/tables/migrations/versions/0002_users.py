"""Who may sign in to the pages, and who has."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
