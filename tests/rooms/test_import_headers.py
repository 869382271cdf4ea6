"""Files as shop systems export them: what their headers call the fields of an order, and where it was sold."""

import pytest

from twinbeam.app.import_proposal import proposed_of
from twinbeam.app.import_records import orders_in
from twinbeam.app.import_verdicts import Wanted, reported
from twinbeam.app.row_files import opened

WHEN = "2026-11-20T11:05:00Z"


def read(folder, content):
    """Read a file as the command does, without a word on its columns; give its orders."""
    path = folder / "orders.csv"
    path.write_text(content)
    file = opened(path, "")
    proposal = proposed_of(file, {}, decimal=None, dates=None, zone="UTC")
    wanted = Wanted(workspace="main", mapping=proposal.mapping, spelling=proposal.spelling, currency="EUR")
    return [reported(record.rows, wanted) for record in orders_in(file.rows(), proposal.mapping)]


#: Headers as shops export them: Shopify's, and two of WooCommerce's plug-ins.
SHOPIFYS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem compare at price,Lineitem sku,Billing Name,Billing City,Billing Zip,Billing Province,Billing Country,"
    "Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Tags,Risk Level,Source,Lineitem discount,Phone"
)
ADVANCED_ORDER_EXPORT = (
    "Order Number,Order Status,Order Date,Paid Date,Completed Date,Customer Note,First Name (Billing),"
    "Last Name (Billing),City (Billing),State Code (Billing),Postcode (Billing),Country Code (Billing),Email (Billing),"
    "Phone (Billing),First Name (Shipping),Postcode (Shipping),Payment Method Title,Cart Discount Amount,"
    "Order Subtotal Amount,Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount,Currency,"
    "SKU,Item #,Item Name,Quantity (- Refund),Item Cost,Coupon Code,Discount Amount"
)
ORDER_EXPORT_AND_IMPORT = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,tax_total,cart_discount,discount_total,order_total,"
    "order_subtotal,order_key,order_currency,payment_method,customer_ip_address,customer_user_agent,customer_id,"
    "customer_user,customer_email,billing_first_name,billing_last_name,billing_email,billing_phone,billing_postcode,"
    "billing_city,billing_state,billing_country,shipping_postcode,customer_note,created_via"
)


def a_row(header, **cells):
    """Give a file of one row; cells are named as their columns, without what is no letter."""
    columns = header.split(",")
    named = {"".join(letter for letter in column if letter.isalnum()).lower(): column for column in columns}
    assert cells.keys() <= named.keys()
    values = {named[name]: value for name, value in cells.items()}
    return "\n".join((header, ",".join(values.get(column, "") for column in columns), ""))


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("web", ""),
        ("pos", "point_of_sale"),
        ("shopify_draft_order", "draft"),
        ("subscription_contract", "renewal"),
        ("tiktok", "marketplace"),
        ("580111", ""),
    ],
)
def test_shopifys_column_of_where_an_order_was_sold_is_read(tmp_path, source, kind):
    paid = {"financialstatus": "paid", "paidat": WHEN, "createdat": WHEN, "currency": "EUR", "total": "35.00"}
    (order,) = read(tmp_path, a_row(SHOPIFYS, name="#1001", id="5001", source=source, **paid))
    assert (order.order_id, order.kind, order.states["paid"]) == ("5001", kind, True)


def test_a_column_of_sources_elsewhere_may_be_of_advertisements(tmp_path):
    (order,) = read(tmp_path, f"order_id,value,placed_at,source\n1,9.00,{WHEN},tiktok\n")
    assert order.kind == ""


@pytest.mark.parametrize(
    ("status", "refunded", "paid"),
    [("refunded", "whole", True), ("partially_refunded", "part", True), ("paid", "", True)],
)
def test_shopifys_words_for_what_went_back_are_read(tmp_path, status, refunded, paid):
    row = a_row(SHOPIFYS, id="5001", financialstatus=status, createdat=WHEN, currency="EUR", total="35.00")
    (order,) = read(tmp_path, row)
    assert (order.refunded, order.states["paid"]) == (refunded, paid)


def test_what_advanced_order_export_writes_is_read(tmp_path):
    row = a_row(
        ADVANCED_ORDER_EXPORT, ordernumber="1001", orderstatus="Completed", orderdate="2026-11-20 11:05",
        paiddate="2026-11-20 11:06", completeddate="2026-11-21 09:00", currency="EUR", ordertotalamount="35.00",
        ordertotaltaxamount="5.59", ordershippingamount="4.90", orderrefundamount="3.00", cartdiscountamount="2.00",
        emailbilling="ada@example.com", phonebilling="+4915123456789", firstnamebilling="Ada", citybilling="Berlin",
        statecodebilling="BE", postcodebilling="10115", countrycodebilling="DE", sku="L1", quantityrefund="2",
        itemcost="16.50",
    )  # fmt: skip
    (order,) = read(tmp_path, row)
    money = {part: str(amount) for part, amount in order.money.items()}
    assert money == {"value": "35.00 EUR", "tax": "5.59 EUR", "shipping": "4.90 EUR", "discounts": "2.00 EUR"}
    assert [it.amount for it in order.refunds.values()] == ["3.00 EUR"]
    assert (order.states["paid"], order.states["shipped"]) == (True, True)
    user = order.user
    assert (user.email, user.phone, user.first_name) == ("ada@example.com", "+4915123456789", "Ada")
    assert (user.city, user.state, user.zip_code, user.country) == ("Berlin", "BE", "10115", "DE")
    assert [(it.content_id, it.quantity, it.price) for it in order.contents] == [("L1", 2, 16.5)]


@pytest.mark.parametrize(
    ("status", "via", "kind"),
    [
        ("wc-completed", "checkout", ""),
        ("wc-checkout-draft", "store-api", "draft"),
        ("completed", "pos-rest-api", "point_of_sale"),
    ],
)
def test_what_order_export_and_import_writes_is_read(tmp_path, status, via, kind):
    row = a_row(
        ORDER_EXPORT_AND_IMPORT, orderid="727", orderdate="2026-11-20 11:05:00", status=status, ordertotal="89.90",
        taxtotal="14.35", shippingtotal="4.90", ordercurrency="EUR", orderkey="wc_order_k", createdvia=via,
        customeripaddress="203.0.113.77", customeremail="ada@example.com", billingpostcode="10115", billingcountry="DE",
    )  # fmt: skip
    (order,) = read(tmp_path, row)
    assert (str(order.money["value"]), order.kind, order.joined.order_token) == ("89.90 EUR", kind, "wc_order_k")
    assert (order.user.ip, order.user.zip_code, order.user.country) == ("203.0.113.77", "10115", "DE")
    assert order.states["paid"] is (kind != "draft")
