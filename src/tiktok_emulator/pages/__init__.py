"""Pages for people: what Events Manager would show, rendered on the server."""
