"""What a test sees of a transaction: the rejection as an exception, the responses of its messages."""

from __future__ import annotations

from vaultsim.app.results import TxResult
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxMsgData
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import Message


class TxFailed(Exception):
    """A transaction that the chain refused or that failed in its block, or a proposal that failed.

    codespace, code and log are the chain's; height: the block it failed in, None when CheckTx refused it.
    """

    def __init__(self, codespace: str, code: int, log: str, height: int | None) -> None:
        self.codespace = codespace
        self.code = code
        self.log = log
        self.height = height
        place = "refused by CheckTx" if height is None else f"failed in block {height}"
        super().__init__(f"{place} [{codespace} {code}]: {log}")

    @classmethod
    def of_result(cls, result: TxResult, height: int | None) -> TxFailed:
        """The failure that a result tells."""
        return cls(result.codespace, result.code, result.log, height)

    @classmethod
    def of_problem(cls, problem: ChainError | ChainPanic, height: int) -> TxFailed:
        """The failure of a proposal."""
        return cls(problem.codespace, problem.code, problem.log, height)


def responses_of(result: TxResult) -> tuple[Message, ...]:
    """What the messages of an executed transaction answered, in order; none of one that failed."""
    return tuple(unpack(packed) for packed in TxMsgData.decode(result.data).msg_responses)
