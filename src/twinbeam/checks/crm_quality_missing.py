"""
Nothing tells TikTok any more which leads were good.

That a CRM should report is known only where somebody made a CRM event set in the workspace: a shop with many leads and
no CRM misses nothing that it ever wanted, so it is not told of.
"""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts


def _look(facts: PixelFacts) -> Symptom | None:
    leads = facts.event("Lead").accepted
    if facts.pixel.event_source != "web" or leads < ENOUGH or not facts.crm_silent:
        return None
    what = f"Leads of the last 7 days: {leads:,}. The CRM event set of the workspace got no event in that time."
    return Symptom(what, leads)


CHECK = PixelCheck(
    id="crm_quality_missing",
    title="Lead quality not passed back",
    cause="The CRM is not connected, or reports no more.",
    evidence="A CRM event set of the workspace, a week old or more, without an event in 7 days.",
    fix="Report stages of leads with lead_id to the CRM event set, or remove the set.",
    look=_look,
    weight=Weight.IDLE,
)
