"""Keys of store "delaymsg". Source: dydx-modules §12."""

from __future__ import annotations

from typing import Final

STORE: Final = "delaymsg"
BLOCK_MESSAGE_IDS: Final = b"BlockMsgIds:"
MESSAGE: Final = b"Msg:"
NEXT_ID: Final = b"NextDelayedMessageId"
