"""Which events of a pixel browser and server report, alone and both, and what they disagree about."""
