"""One order: what the shop said of it, and what became of it for each pixel."""
