"""How much work SQLite has with something, whatever the machine it runs on is doing."""


def steps_of(store, act, every):
    """Count the steps of SQLite's machine, in so many at a time."""
    looks = 0

    def look():
        nonlocal looks
        looks += 1
        return 0

    db = store._connection.db
    db.set_progress_handler(look, every)
    try:
        act()
    finally:
        db.set_progress_handler(None, 0)
    return looks * every
