"""The page of the simulated month and its plot are those of the recorded result."""

import xml.etree.ElementTree as ET

from month import document, told
from month.play import WITH_LISTS

MONTH = document.recorded()


def test_page_and_plot_are_in_step_with_the_recorded_month():
    stale = [path.name for path, text in document.files(MONTH) if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make month"


def test_every_cause_of_a_loss_through_the_gateway_is_explained():
    text = document.PAGE.read_text(encoding="utf-8")
    causes = {cause for it in MONTH.set_ups if it.name in MONTH.doors for cause in it.lost}
    assert causes
    assert [cause for cause in causes if f"- `{cause}`: " not in text] == []


def test_the_recorded_month_is_large_enough_and_sound():
    assert MONTH.conversions >= 5_000
    assert told.failures(MONTH) == []
    door = MONTH.doors[WITH_LISTS]
    assert door.reached == door.counted == MONTH.consented.n


def test_the_plot_is_sound_and_says_in_words_what_it_shows():
    (title,) = ET.fromstring(document.PLOT.read_text(encoding="utf-8")).findall("{*}title")
    for it in MONTH.set_ups:
        assert f"{it.name}: counted once {it.counted.n:,}" in title.text
