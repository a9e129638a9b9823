"""Fees: the node's minimum, and the payment. Source: dydx-modules §§1.5, 1.10."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from vaultsim.address import to_bech32
from vaultsim.app.tx import Tx
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic, UserError
from vaultsim.events import Event
from vaultsim.x import sdk_errors
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.types import FEE_COLLECTOR
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.types import Coin, Coins, are_valid, coins_of, coins_text, is_denom

DEFAULT_MINIMUM: Final = "25000000000adv4tnt,0.025ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5"
"""What the recorded node asks per gas."""
_PRICE: Final = re.compile(r"([0-9]+)(?:\.([0-9]{1,18}))?([a-zA-Z][a-zA-Z0-9/:._-]{2,127})", re.ASCII)
_E18: Final = 10**18


class FeeNotFound(ChainError):
    """Nobody granted this fee."""

    codespace = "sdk"
    code = 38
    meaning = "not found"


class InvalidGasLimit(ChainError):
    """A gas limit that is not allowed."""

    codespace = "sdk"
    code = 41
    meaning = "invalid gas limit"


class TxFee(Event, frozen=True):
    """The fee and who paid it."""

    TYPE = "tx"
    fee: str
    fee_payer: str


class GasPrice(NamedTuple):
    """A price per gas in 10^-18 of the denomination's unit."""

    denom: str
    price_e18: int

    def fee_for(self, gas_limit: int) -> Coin:
        """The least fee for a gas limit, rounded up."""
        return Coin(self.denom, -(-self.price_e18 * gas_limit // _E18))


def parse_gas_prices(text: str) -> tuple[GasPrice, ...]:
    """Prices of a text such as "0.025uatom,25adv4tnt", by denomination. Raises UserError."""
    prices = []
    for part in text.split(",") if text.strip() else []:
        found = _PRICE.fullmatch(part.strip())
        if found is None:
            raise UserError(f"minimum gas price {part.strip()!r}: expected a number and a denomination, as 0.025uatom")
        whole, fraction, denom = found.groups()
        prices.append(GasPrice(denom, int(whole) * _E18 + int((fraction or "").ljust(18, "0"))))
    return tuple(sorted(prices))


class Fees:
    """Takes the fee of a transaction."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper, minimum: tuple[GasPrice, ...]) -> None:
        self.accounts = accounts
        self.bank = bank
        self.minimum = minimum

    def charge(self, ctx: Context, tx: Tx, is_simulated: bool = False) -> None:
        """Checks the minimum (CheckTx only) and moves the fee to the fee collector. A simulation asks for none.

        Raises [sdk 41] without gas limit, [sdk 13] for too low or invalid fees, [sdk 9] without account, [sdk 5]
        without funds, [sdk 38] for a grant. The comparison with the minimum panics at a malformed denomination.
        """
        if tx.fee.gas_limit == 0 and not is_simulated:
            raise InvalidGasLimit("must provide positive gas")
        fee = coins_of(tx.fee.amount)
        if ctx.is_check and not is_simulated and not (tx.is_trusted and not fee):
            self._require_minimum(fee, tx.fee.gas_limit)
        payer = _payer(tx)
        if self.accounts.find(ctx, payer) is None:
            raise sdk_errors.UnknownAddress(f"fee payer address: {to_bech32(payer)} does not exist")
        if any(coin.amount for coin in fee):
            self._pay(ctx, payer, fee)
        ctx.emit(TxFee(coins_text(fee), to_bech32(payer)))

    def _require_minimum(self, fee: Coins, gas_limit: int) -> None:
        if not any(price.price_e18 for price in self.minimum):
            return
        required = tuple(price.fee_for(gas_limit) for price in self.minimum)
        needed = {coin.denom: coin.amount for coin in required}
        for coin in fee:
            if not is_denom(coin.denom):
                raise ChainPanic(f"invalid denom: {coin.denom}")
            if needed.get(coin.denom, 0) and coin.amount >= needed[coin.denom]:
                return
        raise sdk_errors.InsufficientFee(f"insufficient fees; got: {coins_text(fee)} required: {coins_text(required)}")

    def _pay(self, ctx: Context, payer: bytes, fee: Coins) -> None:
        if not are_valid(fee):
            raise sdk_errors.InsufficientFee(f"invalid fee amount: {coins_text(fee)}")
        try:
            self.bank.send_to_module(ctx, payer, FEE_COLLECTOR, fee)
        except ChainError as problem:
            raise sdk_errors.InsufficientFunds(problem.log) from problem


def _payer(tx: Tx) -> bytes:
    payer = tx.fee_payer
    granter = tx.fee_granter
    if granter is not None and granter != payer:
        raise FeeNotFound(
            f"{to_bech32(granter)} does not allow to pay fees for {to_bech32(payer)}: fee-grant not found"
        )
    return payer
