"""The page of what is held since a restore."""
