"""The page of issues."""
