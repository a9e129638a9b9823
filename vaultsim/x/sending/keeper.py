"""Moving money between subaccounts and accounts. Source: dydx-modules §11."""

from __future__ import annotations

from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.bank.types import Coin
from vaultsim.x.sending.ports import Accounts, Bank, Subaccounts
from vaultsim.x.sending.state import SendingState


class SendingKeeper:
    """Movements of x/sending; addresses are valid bech32 here."""

    def __init__(self, state: SendingState, subaccounts: Subaccounts, accounts: Accounts, bank: Bank) -> None:
        self.state = state
        self._subaccounts = subaccounts
        self._accounts = accounts
        self._bank = bank

    def process_transfer(
        self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, asset_id: int, amount: int
    ) -> None:
        """Moves quantums between subaccounts, then makes an account for the recipient's owner if there is none.

        Emits no event of its own. Raises what x/subaccounts raises.
        """
        self._subaccounts.transfer(ctx, sender, recipient, asset_id, amount)
        self._accounts.ensure_account(ctx, from_bech32(recipient.owner))

    def process_deposit(
        self, ctx: Context, sender: bytes, recipient: SubaccountId, asset_id: int, quantums: int
    ) -> None:
        """Moves quantums from an account to a subaccount. Raises what x/subaccounts raises."""
        self._subaccounts.deposit(ctx, sender, recipient, asset_id, quantums)

    def process_withdrawal(
        self, ctx: Context, sender: SubaccountId, recipient: bytes, asset_id: int, quantums: int
    ) -> None:
        """Moves quantums from a subaccount to an account. Raises what x/subaccounts raises."""
        self._subaccounts.withdraw(ctx, sender, recipient, asset_id, quantums)

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coin: Coin) -> None:
        """Sends one coin from a module; a zero coin is an empty list, which moves nothing but has events."""
        self._bank.send_from_module(ctx, module_name, recipient, _coins(coin))

    def send_from_account(self, ctx: Context, sender: bytes, recipient: bytes, coin: Coin) -> None:
        """Sends one coin from an account; a zero coin is an empty list, which moves nothing but has events."""
        self._bank.send_coins(ctx, sender, recipient, _coins(coin))


def _coins(coin: Coin) -> tuple[Coin, ...]:
    return (coin,) if coin.amount else ()
