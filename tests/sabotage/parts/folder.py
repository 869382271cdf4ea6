"""Let anybody work in a folder of journals, and remember none."""

from twinbeam.app import journal_folders, supervisor, writer

supervisor.Supervisor._lock_journals = lambda _supervisor, _settings: None  # type: ignore[method-assign]
journal_folders.earlier_folders = lambda _settings: []
writer.left_behind = lambda _settings, _reports: []
