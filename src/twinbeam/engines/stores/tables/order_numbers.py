"""
Finding orders by their number, in plain SQL: whoever reads without SQLAlchemy asks the same.

A number is one of a shop, so the unique index is asked once for each shop of each workspace that has orders; the shops
themselves are leaps in the same index.
"""

#: The ids of the orders with `:number` in `:workspaces`, which are JSON.
UNDER_NUMBER = """
WITH RECURSIVE place(workspace, shop) AS (
  SELECT value, (SELECT min(first.shop) FROM shop_order AS first WHERE first.workspace = value)
  FROM json_each(:workspaces)
  UNION
  SELECT place.workspace, (SELECT min(later.shop) FROM shop_order AS later
    WHERE later.workspace = place.workspace AND later.shop > place.shop)
  FROM place WHERE place.shop IS NOT NULL
)
SELECT its.id FROM place CROSS JOIN shop_order AS its
ON its.workspace = place.workspace AND its.shop = place.shop AND its.order_id = :number
"""
