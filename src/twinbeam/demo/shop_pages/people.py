"""Who the forms are filled in with: somebody who clearly does not exist, another one for each visit to a form."""

import secrets

from twinbeam.demo.shop_pages.orders import Customer

_NAMES = ("Ada Example", "Ben Sample", "Cleo Specimen", "Dora Fictive", "Emil Muster", "Finn Placeholder")


def fictional_customer() -> Customer:
    """Draw a customer: a host that nobody can have (RFC 2606), and a Berlin number kept free for films."""
    name = secrets.choice(_NAMES)
    handle = f"{name.lower().replace(' ', '.')}.{secrets.token_hex(2)}"
    return Customer(name=name, email=f"{handle}@post.example", phone=f"+49 30 23125 {secrets.randbelow(1_000):03}")
