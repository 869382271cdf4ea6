"""The debugger: every event as it arrives, and what was made of each."""
