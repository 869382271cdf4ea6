"""The pages of sources: what signs, where it posts to, and what came of it."""
