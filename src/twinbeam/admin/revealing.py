"""Showing the hashes of one event: who did it, and of which, stands in the audit."""

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.core.story import Story


def note_shown_hashes(admin: Admin, story: Story) -> None:
    """Tell the audit that somebody looks at the hashes and addresses of an event."""
    with changing(admin) as audit:
        audit.tell(f"event {story.workspace}/{story.pixel} {story.id}", "hashes hidden", "hashes shown")
