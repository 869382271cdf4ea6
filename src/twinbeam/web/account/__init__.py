"""The page `/account`: one's own password and sessions."""
