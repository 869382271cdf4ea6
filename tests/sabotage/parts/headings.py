"""A page has a heading in words of its own."""

from house_tree import spoil

spoil("src/twinbeam/dashboard/templates/find.html", "<h2>Haruspicy</h2>\n")
