"""Nothing is urgent enough for the first page."""

from twinbeam.web import app

app.alarms = lambda *_what, **_how: []
