"""What the pages show of each pixel, added up."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
