"""
What can be wrong with a pixel: one file a check, each a pure function of the facts about it.

In:    `PixelFacts`, which `admin/pixel_facts.py` reads: counters of a week, and what a job noted of single conversions
Out:   an `Issue` for each check that finds something: sentence, count, money, samples, one fix
Never: reads a store, a clock or a page; holds an identifier

    contract.py  what a check and an issue are      listing.py  all checks, and the issues of a pixel
    facts.py     what checks look at                records.py  when an issue begins and ends, and its mute
    noting.py    what is noted of a conversion      crowds.py   who stands behind many conversions, in bounded memory
    sides.py     when each side last reported       kept_back.py  what those say that find all kept back

All other files are checks, named by their ids.
"""
