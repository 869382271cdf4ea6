"""
What other platforms, shop systems and old guides call TikTok's events: data, one table per origin.

A name is compared without regard to case and separators, so `add_to_cart`, `Add To Cart` and `ADDTOCART` need one
row at most; TikTok's own names need none. docs/concepts/names.md shows the tables. Where the public senders
disagree (tiktok.md 5.8) the meaning is taken, not the majority: a completed order is a purchase.
"""

from collections.abc import Mapping

#: tiktok.md 5.8.
GOOGLE_ANALYTICS: Mapping[str, str] = {
    "page_view": "Pageview",
    "view_item": "ViewContent",
    "begin_checkout": "InitiateCheckout",
    "sign_up": "CompleteRegistration",
    "generate_lead": "Lead",
    "file_download": "Download",
}

#: tiktok.md 5.8: the Segment e-commerce specification, which RudderStack follows. RudderStack reports each completed
#: step as a payment; a checkout has several, and the order behind them is counted by itself.
SEGMENT: Mapping[str, str] = {
    "Page": "Pageview",
    "Page Viewed": "Pageview",
    "Product Viewed": "ViewContent",
    "Product Clicked": "ClickButton",
    "Products Searched": "Search",
    "Product Added": "AddToCart",
    "Product Added to Wishlist": "AddToWishlist",
    "Checkout Started": "InitiateCheckout",
    "Payment Info Entered": "AddPaymentInfo",
    "Order Placed": "PlaceAnOrder",
    "Order Completed": "Purchase",
    "Signed Up": "CompleteRegistration",
    "Subscription Created": "Subscribe",
    "Form Submitted": "Lead",
    "Callback Started": "Contact",
    "Download Link Clicked": "Download",
    "Checkout Step Completed": "AddPaymentInfo",
}

#: The customer events of Shopify's web pixels, and the topics of its webhooks (tiktok.md 5.8).
SHOPIFY: Mapping[str, str] = {
    "checkout_completed": "Purchase",
    "checkout_started": "InitiateCheckout",
    "payment_info_submitted": "AddPaymentInfo",
    "product_added_to_cart": "AddToCart",
    "search_submitted": "Search",
    "orders/paid": "Purchase",
    "orders/create": "PlaceAnOrder",
}

#: tiktok.md 5.8: the WordPress plug-in that many Tag Manager set-ups listen to.
GTM4WP: Mapping[str, str] = {
    "addProductToCartEEC": "AddToCart",
    "productClickEEC": "ViewContent",
    "checkoutOptionEEC": "InitiateCheckout",
    "checkoutStepEEC": "AddPaymentInfo",
    "orderCompletedEEC": "Purchase",
    "changeDetailViewEEC": "ViewContent",
    "gtm4wp.addProductToCartEEC": "AddToCart",
    "gtm4wp.productClickEEC": "ViewContent",
    "gtm4wp.checkoutOptionEEC": "InitiateCheckout",
    "gtm4wp.checkoutStepEEC": "AddPaymentInfo",
    "gtm4wp.orderCompletedEEC": "Purchase",
    "gtm4wp.changeDetailViewEEC": "ViewContent",
}

#: Names that a guide gives as TikTok's and that TikTok never had; there they mean a purchase and a lead's form
#: (tiktok.md 15.1).
MISTAKEN: Mapping[str, str] = {
    "PlacedOrder": "Purchase",
    "ContactUs": "Lead",
}

#: Compared without regard to case and separators.
LOOSE: Mapping[str, Mapping[str, str]] = {
    "Google Analytics 4": GOOGLE_ANALYTICS,
    "Segment": SEGMENT,
    "Shopify": SHOPIFY,
    "GTM4WP": GTM4WP,
    "guides": MISTAKEN,
}

#: tiktok.md 5.4: how other parts of TikTok's interface name the same events; as an event's name TikTok takes them
#: for custom events (tiktok.md 2.9). Compared letter by letter, since `form` or `button` may well be a shop's own.
ENUMS: Mapping[str, str] = {
    "SHOPPING": "Purchase",
    "FORM": "Lead",
    "BUTTON": "ClickButton",
    "CONSULT": "Contact",
    "DOWNLOAD_START": "Download",
    "ADD_BILLING": "AddPaymentInfo",
    "INITIATE_ORDER": "InitiateCheckout",
    "ON_WEB_DETAIL": "ViewContent",
    "ON_WEB_CART": "AddToCart",
    "ON_WEB_ADD_TO_WISHLIST": "AddToWishlist",
    "ON_WEB_SEARCH": "Search",
    "ON_WEB_REGISTER": "CompleteRegistration",
    "ON_WEB_SUBSCRIBE": "Subscribe",
    "ON_WEB_ORDER": "PlaceAnOrder",
}

#: tiktok.md 5.5, 15.1: what only an app can report. No web event means the same, so there is nothing to map to.
APP_ONLY: tuple[str, ...] = ("Install", "InstallApp", "LaunchApp", "InAppADClick", "InAppADImpr")
