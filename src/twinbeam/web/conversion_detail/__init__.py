"""The page `/events/{id}`: what became of one conversion."""
