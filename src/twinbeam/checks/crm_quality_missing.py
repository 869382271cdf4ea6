"""Nothing tells TikTok which leads were good."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts


def _look(facts: PixelFacts) -> Symptom | None:
    leads = facts.event("Lead").accepted
    if facts.pixel.event_source != "web" or leads < ENOUGH or facts.crm_heard:
        return None
    return Symptom(f"Leads of the last 7 days: {leads:,}. No CRM event tells which of them were good.", leads)


CHECK = PixelCheck(
    id="crm_quality_missing",
    title="Lead quality never passed back",
    cause="The CRM is not connected.",
    evidence="No event came for a CRM event set of the workspace.",
    fix="Add a CRM event set and report stages of leads with lead_id.",
    look=_look,
    weight=Weight.IDLE,
)
