"""The page `/` and its stream: what came in, what became of it, and that it adds up."""
