"""Where things are kept. Engines fulfil the contracts of the rooms; only they see database errors."""
