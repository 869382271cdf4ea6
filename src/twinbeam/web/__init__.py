"""
What people and machines read: pages, the live stream, the read API, health and metrics.

    app.py        every route, and what each of them needs (access.py)
    contract.py   what is read, and what is asked of the composition root

    live/               /, its stream /live, and what they share (snapshot_cache.py)
    pixels/             /pixels: what each pixel does and what is wrong with it
    conversions/        /conversions: lists, a page at a time
    conversion_detail/  /events/{id}: what became of one conversion
    find/               /find
    api/                /v1/conversions, /healthz, /readyz, /metrics
    components/         partial templates and styles that pages share        static/   script and icon

    rendering.py  templates into responses           failures.py  what is shown when something fails
    sums.py       counters added up                  wording.py   sentences, money, times
    places.py     how pixels are named               alarms.py    what there is to mend

A page is a folder: view.py reads and answers, page.html shows. Pages only read, and only through the contract: never
an engine, and never SQL.
"""
