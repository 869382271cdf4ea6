"""What travel and vehicle sellers tell TikTok of their catalogue besides the usual properties (tiktok.md 2.4)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=1_000)]
Several = Annotated[list[Text], Meta(max_length=100)]
Amount = Annotated[float, Meta(ge=-1e12, le=1e12)] | Annotated[int, Meta(ge=-(10**12), le=10**12)]


class Mileage(Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """How far a vehicle has been driven."""

    value: Amount
    unit: Literal["MI", "KM"] | None = None


class Vertical(Struct, frozen=True, gc=False, omit_defaults=True):
    """Parameters of journeys and stays, then of vehicles; each is sent as it is said."""

    city: Text | None = None
    region: Text | None = None
    country: Text | None = None
    checkin_date: Text | None = None
    checkout_date: Text | None = None
    num_adults: Amount | None = None
    num_children: Amount | None = None
    num_infants: Amount | None = None
    suggested_hotels: Several | None = None
    departing_departure_date: Text | None = None
    returning_departure_date: Text | None = None
    origin_airport: Text | None = None
    destination_airport: Text | None = None
    destination_ids: Several | None = None
    departing_arrival_date: Text | None = None
    returning_arrival_date: Text | None = None
    travel_class: Text | None = None
    user_score: Amount | None = None
    preferred_num_stops: Amount | None = None
    travel_start: Text | None = None
    travel_end: Text | None = None
    suggested_destinations: Several | None = None
    postal_code: Text | None = None
    make: Text | None = None
    model: Text | None = None
    year: Amount | None = None
    state_of_vehicle: Text | None = None
    mileage: Mileage | None = None
    exterior_color: Text | None = None
    transmission: Text | None = None
    body_style: Text | None = None
    fuel_type: Text | None = None
    drivetrain: Text | None = None
    preferred_price_range: Annotated[list[Amount], Meta(max_length=2)] | None = None
    trim: Text | None = None
    vin: Text | None = None
    interior_color: Text | None = None
    condition_of_vehicle: Text | None = None
    viewcontent_type: Text | None = None
    search_type: Text | None = None
    registration_type: Text | None = None


VERTICAL = Vertical.__struct_fields__
LISTS = ("suggested_hotels", "destination_ids", "suggested_destinations")
TEXTS = tuple(
    name
    for name in VERTICAL
    if name
    not in {
        *LISTS,
        "num_adults",
        "num_children",
        "num_infants",
        "user_score",
        "preferred_num_stops",
        "year",
        "mileage",
        "preferred_price_range",
    }
)
