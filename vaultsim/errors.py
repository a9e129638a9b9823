"""What can go wrong: rejections that the chain itself makes, panics of the chain, and mistakes of the user.

Only `ChainError` and `ChainPanic` may become a transaction result or be swallowed by a cached run; every other
exception is a bug of ours and surfaces.
"""

from __future__ import annotations

from typing import ClassVar


class ChainError(Exception):
    """An error that the chain returns: identified by codespace and code, the text is not consensus.

    Subclass once per on-chain code and set `codespace`, `code` and `meaning`. Used as is, it stands for a Go error
    without a registered code: codespace "undefined", code 1.

    Source: dydx-modules §0.
    """

    codespace: ClassVar[str] = "undefined"
    code: ClassVar[int] = 1
    meaning: ClassVar[str] = ""

    def __init__(self, detail: str = "") -> None:
        meaning = self.meaning
        self.log = f"{detail}: {meaning}" if detail and meaning else detail or meaning
        super().__init__(self.log)


class ChainPanic(Exception):
    """A panic of the chain's own code: inside a transaction [undefined 111222], elsewhere it halts the chain.

    Source: dydx-modules §0.
    """

    codespace: ClassVar[str] = "undefined"
    code: ClassVar[int] = 111222

    def __init__(self, log: str) -> None:
        self.log = log
        super().__init__(log)


class OutOfGas(ChainPanic):
    """The gas limit of a transaction is used up: [sdk 11]. Source: dydx-modules §1.10."""

    codespace = "sdk"
    code = 11


class ChainHalted(Exception):
    """A panic outside every transaction and cached run: the chain stops at this block."""


class UserError(Exception):
    """A mistake in a file, a flag or a request, told in one sentence with place, cause and cure."""
