"""The documentation as it is installed: what "More" beside a help text leads to."""
