"""A page has a heading in words of its own."""

from house_tree import spoil

spoil("src/twinbeam/web/find/page.html", "<h2>Haruspicy</h2>\n")
