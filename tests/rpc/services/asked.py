"""A node on the shipped localnet and its table, to ask services without sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

from vaultsim.address import from_bech32
from vaultsim.node.live.node import Node
from vaultsim.pb.runtime import Message
from vaultsim.rpc.broadcast import Broadcaster
from vaultsim.rpc.services import bridge, chain_params, empty, tendermint, tx
from vaultsim.rpc.table import MethodTable
from vaultsim.testing.accounts import address_of
from vaultsim.testing.keys import signed_tx
from vaultsim.x.auth.types import base_of

LOCALNET = Path(__file__).resolve().parents[3] / "genesis" / "localnet" / "genesis.json"
M = TypeVar("M", bound=Message)


class Asked:
    """A node with its services; `ask` goes through the table, bytes in and bytes out."""

    def __init__(self) -> None:
        self.node = Node.from_file(LOCALNET)
        self.broadcaster = Broadcaster(self.node)
        rows = [*tx.rows(self.node, self.broadcaster), *tendermint.rows(self.node), *chain_params.rows(self.node)]
        self.table = MethodTable(self.node, [*rows, *empty.rows(), *bridge.rows(self.node)])

    def ask(self, path: str, request: Message, answer: type[M], height: int | None = None) -> M:
        """The answer to a request."""
        return answer.decode(asyncio.run(self.table.ask(path, request.encode(), height)).raw)

    def signed(self, *messages: Message, by: str, **how: int) -> bytes:
        """A transaction of a named account with its next sequence."""
        accounts = self.node.app.modules.keepers.accounts
        account = accounts.find(self.node.chain.check_ctx, from_bech32(address_of(by)))
        assert account is not None
        base = base_of(account)
        number, sequence = base.account_number, how.pop("sequence", base.sequence)
        return signed_tx(*messages, by=by, chain_id=self.node.chain_id, account_number=number, sequence=sequence, **how)
