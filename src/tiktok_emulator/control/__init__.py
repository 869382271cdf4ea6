"""The control API under `/_control`: read what happened, move time, plan trouble, seed accounts."""
