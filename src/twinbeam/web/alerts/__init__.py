"""/alerts: what goes on, what is over, the rules, who is told, and what is muted."""
