"""
What people and machines read: pages, the live stream, the read API, health and metrics.

    app.py           the addresses, and the parts they share
    contract.py      what is needed from a store and from the composition root
    conversions.py   GET /v1/conversions                  problems.py   its problems
    probes.py        /healthz, /readyz, /metrics
    live.py          / and its stream /live               feed.py       one reading a second for all viewers
    overview.py      what / shows
    fleet.py         /pixels  issues.py what is wrong with a pixel, in words
    lists.py         /conversions
    story.py         /events/{id}, /find                  search.py     how a conversion is found
    sums.py          counters added up                    wording.py    sentences, money, times
    pages.py         templates into responses             failures.py   what is shown when something fails

It only reads, and only through the contract: never an engine, and never SQL of its own.
"""
