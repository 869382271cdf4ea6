"""What programs ask: the story of an event, and how the process fares."""
