"""The tables that SQLAlchemy keeps, as parts of a store open for writing; it is loaded only where one is used."""

from typing import TYPE_CHECKING

from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.dead_letters import DeadLetters

if TYPE_CHECKING:
    from twinbeam.engines.stores.sqlite.contents import DeliveredContents
    from twinbeam.engines.stores.sqlite.delivered_counts import DeliveredCounts
    from twinbeam.engines.stores.sqlite.looking import RecordedConversions
    from twinbeam.engines.stores.tables.accounts import AccountTable
    from twinbeam.engines.stores.tables.alerts import AlertTable
    from twinbeam.engines.stores.tables.issues import IssueTable
    from twinbeam.engines.stores.tables.orders import OrderTable
    from twinbeam.engines.stores.tables.person_requests import PersonRequestTable
    from twinbeam.engines.stores.tables.pixel_flows import PixelFlowTable
    from twinbeam.engines.stores.tables.products import ProductTable
    from twinbeam.engines.stores.tables.request_counts import RequestCountTable
    from twinbeam.engines.stores.tables.resends import ResendTable
    from twinbeam.engines.stores.tables.token_checks import TokenCheckTable
    from twinbeam.engines.stores.tables.users import UserRows


class KeptTables:
    """See admin.contract.Administration for the promises of each."""

    _connection: StoreConnection

    @property
    def accounts(self) -> "AccountTable":
        """The connected accounts."""
        from twinbeam.engines.stores.tables.accounts import AccountTable  # noqa: PLC0415

        return AccountTable(self._connection.tables, self._connection.ring)

    @property
    def alerts(self) -> "AlertTable":
        """Alerts, with what is decided of them and what is to be told."""
        from twinbeam.engines.stores.tables.alerts import AlertTable  # noqa: PLC0415

        return AlertTable(self._connection.tables, self._connection.ring)

    @property
    def dead_letters(self) -> DeadLetters:
        """What TikTok refused."""
        return DeadLetters(self._connection.db)

    @property
    def resends(self) -> "ResendTable":
        """Orders to send dead letters again."""
        from twinbeam.engines.stores.tables.resends import ResendTable  # noqa: PLC0415

        return ResendTable(self._connection.tables)

    @property
    def request_counts(self) -> "RequestCountTable":
        """Requests to TikTok, noted before they are made."""
        from twinbeam.engines.stores.tables.request_counts import RequestCountTable  # noqa: PLC0415

        return RequestCountTable(self._connection.tables)

    @property
    def flows(self) -> "PixelFlowTable":
        """Which pixels are paused or drained."""
        from twinbeam.engines.stores.tables.pixel_flows import PixelFlowTable  # noqa: PLC0415

        return PixelFlowTable(self._connection.tables)

    @property
    def orders(self) -> "OrderTable":
        """The ledger of orders."""
        from twinbeam.engines.stores.tables.orders import OrderTable  # noqa: PLC0415

        return OrderTable(self._connection.tables)

    @property
    def person_requests(self) -> "PersonRequestTable":
        """What shop systems pass on of persons' rights."""
        from twinbeam.engines.stores.tables.person_requests import PersonRequestTable  # noqa: PLC0415

        return PersonRequestTable(self._connection.tables, self._connection.ring)

    @property
    def issues(self) -> "IssueTable":
        """What is wrong with pixels, since when, and what is muted."""
        from twinbeam.engines.stores.tables.issues import IssueTable  # noqa: PLC0415

        return IssueTable(self._connection.tables)

    @property
    def noted(self) -> "RecordedConversions":
        """What was recorded, for the checks."""
        from twinbeam.engines.stores.sqlite.looking import RecordedConversions  # noqa: PLC0415

        return RecordedConversions(self._connection)

    @property
    def products(self) -> "ProductTable":
        """The product feeds."""
        from twinbeam.engines.stores.tables.products import ProductTable  # noqa: PLC0415

        return ProductTable(self._connection.tables, self._connection.ring)

    @property
    def contents(self) -> "DeliveredContents":
        """What delivered events name of products."""
        from twinbeam.engines.stores.sqlite.contents import DeliveredContents  # noqa: PLC0415

        return DeliveredContents(self._connection)

    @property
    def delivered_counts(self) -> "DeliveredCounts":
        """What delivered events carried and how long they took."""
        from twinbeam.engines.stores.sqlite.delivered_counts import DeliveredCounts  # noqa: PLC0415

        return DeliveredCounts(self._connection)

    @property
    def token_checks(self) -> "TokenCheckTable":
        """TikTok's newest word on the token of each pixel."""
        from twinbeam.engines.stores.tables.token_checks import TokenCheckTable  # noqa: PLC0415

        return TokenCheckTable(self._connection.tables)

    @property
    def users(self) -> "UserRows":
        """Who may sign in to the pages."""
        from twinbeam.engines.stores.tables.users import UserRows  # noqa: PLC0415

        return UserRows(self._connection.tables)
