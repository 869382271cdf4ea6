"""Connected accounts of TikTok, and what was imported from them."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
