"""
Everything that `twinbeam doctor` looks at, in its order.

A check is a function from the settings to findings, in a module that is named for what it looks at. It makes and
changes nothing; what it raises of ours is told as a finding.
"""

from twinbeam.cli.doctor import files, gateway, machine, network, pixels, storage, store
from twinbeam.cli.doctor.check_result import Check

#: Told first: nothing else is looked at while these are wrong.
OWNER = Check("owner of the files", files.owner, opens_files=False)

CHECKS: tuple[Check, ...] = (
    Check("rights of the folders", files.rights, opens_files=False),
    Check("key ring", files.key_ring),
    Check("place of the key ring", files.place_of_key_ring, opens_files=False),
    Check("schema", storage.pending_migrations, opens_files=False),
    Check("store", store.opens),
    Check("counts", store.adds_up),
    Check("jobs", store.jobs),
    Check("alerts", store.alerts),
    Check("copies", store.copies),
    Check("quarantine", store.quarantine),
    Check("journals", files.journals, opens_files=False),
    Check("disk", storage.syncs),
    Check("backups", storage.backup_age),
    Check("restored events", storage.restored),
    Check("record lag", storage.record_lag),
    Check("missing store", machine.vanished_store, opens_files=False),
    Check("damaged journals", machine.damaged_journals, opens_files=False),
    Check("lost events", machine.lost_events, opens_files=False),
    Check("earlier journals", machine.earlier_journals, opens_files=False),
    Check("clock", machine.clock, opens_files=False),
    Check("gateway", gateway.sides, opens_files=False),
    Check("pages", gateway.pages, opens_files=False),
    Check("readiness", machine.readiness, opens_files=False),
    Check("TikTok", network.reachability),
    Check("proxies", network.proxies),
    Check("hosts", network.hosts, opens_files=False),
    Check("pixels", pixels.known),
    Check("stopped pixels", pixels.stopped),
    Check("codes", pixels.codes),
    Check("tokens", pixels.tokens),
    Check("keys", pixels.keys),
)
