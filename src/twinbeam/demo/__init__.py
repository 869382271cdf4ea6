"""A seeded shop that runs as two channels against a gateway and an emulator, on this machine alone."""
