"""
What people and machines read: pages, the live stream, the read API, health and metrics.

    app.py        every route, and what each of them needs (access.py); gate.py asks for it, before any page
    sight.py      what somebody may see: the read model that a page must ask
    contract.py   what is read, and what is asked of the composition root

    live/               /, its stream /live, and what they share (snapshot_cache.py)
    pixels/             /pixels: what each pixel does and what is wrong with it
    issues/             /issues: what is wrong with all pixels, and what is muted
    conversions/        /conversions: lists, a page at a time
    conversion_detail/  /events/{id}: what became of one conversion
    find/               /find
    sign_in/            /sign-in, /sign-out: passwords, providers, and how often one may try
    welcome/            /welcome: what links open
    account/, users/    one's own password and sessions; who may do what
    api/                /v1/conversions, /healthz, /readyz, /metrics
    components/         partial templates and styles that pages share        static/   script and icon

    acting.py     changes, in the name of who is signed in   forms.py     what forms sent
    cookies.py    the two cookies                  browser.py    who looks, for the frame of each page
    rendering.py  templates into responses           failures.py  what is shown when something fails
    sums.py       counters added up                  wording.py   sentences, money, times
    places.py     how pixels are named               alarms.py    issues as pages show them

A page is a folder: view.py reads and answers, page.html shows. Pages read through the contract and change things by
functions of admin/: never an engine, and never SQL.
"""
