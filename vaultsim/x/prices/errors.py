"""Errors of x/prices. Source: dydx-modules §8.5."""

from __future__ import annotations

from vaultsim.errors import ChainError


class PricesError(ChainError):
    """An error of codespace prices."""

    codespace = "prices"


class InvalidInput(PricesError):
    """A market parameter or price that is not valid."""

    code = 1
    meaning = "Invalid input"


class ExchangeDoesNotExist(PricesError):
    """An exchange that is not known."""

    code = 100
    meaning = "Exchange does not exist"


class ZeroMinExchanges(PricesError):
    """The least number of exchanges is zero."""

    code = 101
    meaning = "Min exchanges is zero"


class TooFewExchanges(PricesError):
    """Fewer exchanges than required."""

    code = 102
    meaning = "Fewer exchanges than min exchanges"


class DuplicateExchanges(PricesError):
    """Exchanges that are repeated or out of order."""

    code = 103
    meaning = "Exchanges repeated or out of order"


class MarketParamDoesNotExist(PricesError):
    """No market parameter has this id."""

    code = 200
    meaning = "Market param does not exist"


class MarketPriceDoesNotExist(PricesError):
    """No market price has this id."""

    code = 201
    meaning = "Market price does not exist"


class MarketExponentCannotBeUpdated(PricesError):
    """The exponent of a market never changes."""

    code = 202
    meaning = "Market exponent cannot be updated"


class MarketPricesAndParamsDontMatch(PricesError):
    """Prices and parameters have other ids or another number."""

    code = 203
    meaning = "Market prices and params do not match"


class MarketParamAlreadyExists(PricesError):
    """The id is taken."""

    code = 204
    meaning = "Market param already exists"


class MarketParamPairAlreadyExists(PricesError):
    """Another market has this pair text."""

    code = 205
    meaning = "Market param pair already exists"


class MarketPairConversionFailed(PricesError):
    """The pair text is no currency pair."""

    code = 206
    meaning = "Market pair is no currency pair"


class TickerNotFoundInMarketMap(PricesError):
    """The market map does not know the currency pair."""

    code = 207
    meaning = "Ticker not found in market map"


class MarketCouldNotBeDisabled(PricesError):
    """The market map could not disable the old pair."""

    code = 208
    meaning = "Market could not be disabled"


class MarketCouldNotBeEnabled(PricesError):
    """The market map could not enable the new pair."""

    code = 209
    meaning = "Market could not be enabled"


class InvalidMarketPriceExponent(PricesError):
    """The price's exponent is not minus the market map's decimals."""

    code = 210
    meaning = "Market price exponent does not match the market map's decimals"


class IndexPriceNotAvailable(PricesError):
    """The price daemon has no index price for the market."""

    code = 300
    meaning = "Index price is not available"


class InvalidMarketPriceUpdateStateless(PricesError):
    """A price of zero, or market ids that do not ascend."""

    code = 400
    meaning = "Market price update is invalid: stateless"


class InvalidMarketPriceUpdateDeterministic(PricesError):
    """A market that does not exist, or a price change that is too small."""

    code = 401
    meaning = "Market price update is invalid: deterministic"


class InvalidMarketPriceUpdateNonDeterministic(PricesError):
    """A price that is too far from the index price."""

    code = 402
    meaning = "Market price update is invalid: non-deterministic"


class InvalidAuthority(PricesError):
    """The authority is no valid address."""

    code = 500
    meaning = "Authority is invalid"


class UnsafeMarketUpdate(PricesError):
    """An update of the market map that is not safe."""

    code = 501
    meaning = "Market update is unsafe"


class MarketUpdateChangesMarketMapEnabledValue(PricesError):
    """An update of the market map that enables or disables a market."""

    code = 502
    meaning = "Market update changes the enabled value"


class MarketDoesNotExistInMarketMap(PricesError):
    """An update of a market that the market map does not know."""

    code = 503
    meaning = "Market does not exist in market map"


class AdditionOfEnabledMarket(PricesError):
    """A new market that is enabled from the start."""

    code = 504
    meaning = "New markets must be disabled"
