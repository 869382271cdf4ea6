"""What visitors said about consent, by event, channel and region, what was decided, and what contradicts itself."""
