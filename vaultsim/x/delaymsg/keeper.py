"""Messages that wait for a height. Source: dydx-modules §12."""

from __future__ import annotations

from functools import partial

from vaultsim.address import InvalidAddress, from_bech32, module_address
from vaultsim.context import Context, run_cached_logged
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import is_u32, wrap_u32
from vaultsim.pb.dydxprotocol.delaymsg import BlockMessageIds, DelayedMessage
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.registry import pack, unpack
from vaultsim.pb.runtime import DecodeError, Message
from vaultsim.x.delaymsg.errors import InvalidInput, InvalidSigner, NoMessage, Unroutable
from vaultsim.x.delaymsg.ports import Router
from vaultsim.x.delaymsg.state import DelaymsgState


class DelaymsgKeeper:
    """Reads and writes of x/delaymsg. `router` is bound late: it is made of all modules."""

    router: Router

    def __init__(self, state: DelaymsgState) -> None:
        self.state = state

    def next_id(self, ctx: Context) -> int:
        """The id that the next message gets."""
        return self.state.next_id.get(ctx) or 0

    def set_next_id(self, ctx: Context, next_id: int) -> None:
        """Stores the id that the next message gets."""
        self.state.next_id.set(ctx, next_id)

    def find(self, ctx: Context, message_id: int) -> DelayedMessage | None:
        """A waiting message, or None."""
        return self.state.messages.get(ctx, message_id)

    def find_block_ids(self, ctx: Context, height: int) -> tuple[int, ...] | None:
        """Ids of the messages that wait for a height, or None."""
        block = self.state.block_ids.get(ctx, height)
        return None if block is None else block.ids

    def all(self, ctx: Context) -> tuple[DelayedMessage, ...]:
        """Every waiting message by id."""
        return tuple(self.state.messages.values(ctx))

    def delay_by_blocks(self, ctx: Context, message: Message, blocks: int) -> int:
        """Schedules a message for `blocks` heights from now and returns its id.

        Raises InvalidInput [1] whatever is wrong with it; a height above u32 is a chain panic. With 0 blocks it runs
        in this block, if EndBlock of this module is still to come, else never.
        """
        height = ctx.height + blocks
        if not is_u32(height):
            raise ChainPanic(f"height {height} does not fit uint32")
        message_id = self.next_id(ctx)
        self.set_message(ctx, DelayedMessage(id=message_id, msg=pack(message), block_height=height))
        self.set_next_id(ctx, wrap_u32(message_id + 1))
        return message_id

    def set_message(self, ctx: Context, delayed: DelayedMessage) -> None:
        """Stores a message under its own id and height, as the genesis document does. Raises [1]."""
        self._require_executable(unpacked(delayed.msg))
        if delayed.block_height < ctx.height:
            raise InvalidInput(f"failed to delay message: block height {delayed.block_height} is in the past")
        if self.find(ctx, delayed.id) is not None:
            raise InvalidInput(f"failed to delay message: message with id {delayed.id} already exists")
        self.state.messages.set(ctx, delayed.id, delayed)
        ids = self.find_block_ids(ctx, delayed.block_height) or ()
        self.state.block_ids.set(ctx, delayed.block_height, BlockMessageIds(ids=(*ids, delayed.id)))

    def dispatch(self, ctx: Context) -> None:
        """EndBlock: runs the messages of this height in order, each all or nothing, and then forgets them.

        The list is read once: what the messages themselves schedule for this height is neither run nor forgotten.
        """
        ids = self.find_block_ids(ctx, ctx.height)
        if ids is None:
            return
        for message_id in ids:
            delayed = self.find(ctx, message_id)
            if delayed is not None:
                run_cached_logged(ctx, partial(self._execute, unpacked(delayed.msg)))
        for message_id in ids:
            self._forget(ctx, message_id)

    def _execute(self, message: Message, ctx: Context) -> None:
        self.router.execute(ctx, message)

    def _forget(self, ctx: Context, message_id: int) -> None:
        delayed = self.find(ctx, message_id)
        if delayed is None:
            return
        self.state.messages.delete(ctx, message_id)
        left = [one for one in self.find_block_ids(ctx, delayed.block_height) or () if one != message_id]
        if left:
            self.state.block_ids.set(ctx, delayed.block_height, BlockMessageIds(ids=tuple(left)))
        else:
            self.state.block_ids.delete(ctx, delayed.block_height)

    def _require_executable(self, message: Message) -> None:
        try:
            signers = self.router.signers(message)
            if not self.router.handler_exists(type(message)):
                raise Unroutable(message.TYPE_URL)
            self.router.check(message)
            _require_own_signer(signers)
        except ChainError as problem:
            raise InvalidInput(f"failed to delay message: failed to validate with error '{problem.log}'") from None


def unpacked(packed: Any | None) -> Message:
    """The message inside an Any. Raises InvalidInput [1] without one, ChainError when it does not decode."""
    if packed is None:
        raise InvalidInput(f"failed to delay msg: failed to get message with error '{NoMessage.meaning}'")
    try:
        return unpack(packed)
    except DecodeError as problem:
        raise ChainError(str(problem)) from None


def _require_own_signer(signers: tuple[str, ...]) -> None:
    if len(signers) != 1:
        raise InvalidSigner("message must have exactly one signer")
    try:
        own = from_bech32(signers[0]) == module_address("delaymsg")
    except InvalidAddress as problem:
        raise InvalidSigner(str(problem)) from None
    if not own:
        raise InvalidSigner("message signer must be delaymsg module address")
