"""
What the processes tell operators: log lines, metrics. Rooms report happenings; this is where they become either.

Never an identifier, a token or a body: fields are counts, names of our own, and times.
"""
