"""What the intake does for the browser tag: serve its files, take its events by short paths, keep its cookie."""
