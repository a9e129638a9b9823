"""Keys of store "revshare". Source: dydx-modules §15.1."""

from __future__ import annotations

from typing import Final

STORE: Final = "revshare"
MAPPER_PARAMS: Final = b"MarketMapperRevenueShareParams"
MAPPER_DETAILS: Final = b"MarketMapperRevShare:"
UNCONDITIONAL_CONFIG: Final = b"UnconditionalRevShareConfig"
ORDER_ROUTER: Final = b"OrderRouterRevShare:"
