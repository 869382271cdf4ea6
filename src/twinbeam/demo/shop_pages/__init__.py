"""A small shop that a person clicks through: its pages, its back end, and the gateway's paths under its own host."""
