"""Who may send which message, and which way through the ante it takes. Source: dydx-modules §§1.5, 1.7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vaultsim.pb import registry
from vaultsim.pb.dydxprotocol.clob import MsgBatchCancel, MsgCancelOrder, MsgPlaceOrder
from vaultsim.pb.runtime import Message
from vaultsim.x.carriers import carried_order
from vaultsim.x.sdk_errors import InvalidRequest


def _urls(*names: str) -> frozenset[str]:
    return frozenset(f"/{name}" for name in names)


APP_INJECTED: Final = _urls(
    "dydxprotocol.clob.MsgProposedOperations",
    "dydxprotocol.bridge.MsgAcknowledgeBridges",
    "dydxprotocol.perpetuals.MsgAddPremiumVotes",
    "dydxprotocol.prices.MsgUpdateMarketPrices",
)
"""Messages that only a proposer puts into a block, each alone in its transaction."""

INTERNAL: Final = _urls(
    "cosmos.auth.v1beta1.MsgUpdateParams",
    "cosmos.bank.v1beta1.MsgSetSendEnabled",
    "cosmos.bank.v1beta1.MsgUpdateParams",
    "cosmos.consensus.v1.MsgUpdateParams",
    "cosmos.gov.v1.MsgExecLegacyContent",
    "cosmos.gov.v1.MsgUpdateParams",
    "dydxprotocol.accountplus.MsgSetActiveState",
    "dydxprotocol.affiliates.MsgUpdateAffiliateOverrides",
    "dydxprotocol.affiliates.MsgUpdateAffiliateParameters",
    "dydxprotocol.affiliates.MsgUpdateAffiliateTiers",
    "dydxprotocol.affiliates.MsgUpdateAffiliateWhitelist",
    "dydxprotocol.blocktime.MsgUpdateDowntimeParams",
    "dydxprotocol.blocktime.MsgUpdateSynchronyParams",
    "dydxprotocol.bridge.MsgCompleteBridge",
    "dydxprotocol.bridge.MsgUpdateEventParams",
    "dydxprotocol.bridge.MsgUpdateProposeParams",
    "dydxprotocol.bridge.MsgUpdateSafetyParams",
    "dydxprotocol.clob.MsgCreateClobPair",
    "dydxprotocol.clob.MsgUpdateBlockRateLimitConfiguration",
    "dydxprotocol.clob.MsgUpdateClobPair",
    "dydxprotocol.clob.MsgUpdateEquityTierLimitConfiguration",
    "dydxprotocol.clob.MsgUpdateLiquidationsConfig",
    "dydxprotocol.delaymsg.MsgDelayMessage",
    "dydxprotocol.feetiers.MsgSetMarketFeeDiscountParams",
    "dydxprotocol.feetiers.MsgSetStakingTiers",
    "dydxprotocol.feetiers.MsgUpdatePerpetualFeeParams",
    "dydxprotocol.govplus.MsgSlashValidator",
    "dydxprotocol.listing.MsgSetListingVaultDepositParams",
    "dydxprotocol.listing.MsgSetMarketsHardCap",
    "dydxprotocol.listing.MsgUpgradeIsolatedPerpetualToCross",
    "dydxprotocol.perpetuals.MsgCreatePerpetual",
    "dydxprotocol.perpetuals.MsgSetLiquidityTier",
    "dydxprotocol.perpetuals.MsgUpdateParams",
    "dydxprotocol.perpetuals.MsgUpdatePerpetualParams",
    "dydxprotocol.prices.MsgCreateOracleMarket",
    "dydxprotocol.prices.MsgUpdateMarketParam",
    "dydxprotocol.revshare.MsgSetMarketMapperRevShareDetailsForMarket",
    "dydxprotocol.revshare.MsgSetMarketMapperRevenueShare",
    "dydxprotocol.revshare.MsgSetOrderRouterRevShare",
    "dydxprotocol.revshare.MsgUpdateUnconditionalRevShareConfig",
    "dydxprotocol.rewards.MsgUpdateParams",
    "dydxprotocol.sending.MsgSendFromAccountToAccount",
    "dydxprotocol.sending.MsgSendFromModuleToAccount",
    "dydxprotocol.stats.MsgUpdateParams",
    "dydxprotocol.vault.MsgUnlockShares",
    "dydxprotocol.vault.MsgUpdateOperatorParams",
    "dydxprotocol.vest.MsgDeleteVestEntry",
    "dydxprotocol.vest.MsgSetVestEntry",
    "vaultsim.control.v1.MsgFund",
    "vaultsim.mmvault.v1.MsgRefreshQuotes",
    "vaultsim.mmvault.v1.MsgUpdateParams",
    "vaultsim.fundvault.v1.MsgUpdateParams",
    "vaultsim.perpvault.v1.MsgClearTokenConfig",
    "vaultsim.perpvault.v1.MsgSetBufferAmount",
    "vaultsim.perpvault.v1.MsgSetFundingRate",
    "vaultsim.perpvault.v1.MsgSetPriceAdjustment",
    "vaultsim.perpvault.v1.MsgSetPriceFeed",
    "vaultsim.perpvault.v1.MsgSetRole",
    "vaultsim.perpvault.v1.MsgSetTokenConfig",
    "vaultsim.perpvault.v1.MsgSetUsdgAmount",
    "vaultsim.perpvault.v1.MsgUpdateParams",
    "vaultsim.perpvault.v1.MsgUpgradeVault",
    "vaultsim.perpvault.v1.MsgWithdrawFees",
)
"""Messages that only gov proposals and delayed messages execute."""

UNSUPPORTED: Final = _urls(
    "cosmos.gov.v1.MsgCancelProposal",
    "cosmos.gov.v1beta1.MsgSubmitProposal",
    "dydxprotocol.vault.MsgSetVaultQuotingParams",
    "dydxprotocol.vault.MsgUpdateParams",
)
"""Messages that nobody may send."""

EXEC: Final = "/cosmos.authz.v1beta1.MsgExec"
SUBMIT_PROPOSAL: Final = "/cosmos.gov.v1.MsgSubmitProposal"
NESTED: Final = frozenset({EXEC, SUBMIT_PROPOSAL})
"""Messages that carry messages."""

NOT_EXECUTED: Final = NESTED | _urls(
    "cosmos.authz.v1beta1.MsgGrant",
    "cosmos.authz.v1beta1.MsgRevoke",
    "cosmos.gov.v1.MsgCancelProposal",
    "cosmos.gov.v1.MsgDeposit",
    "cosmos.gov.v1.MsgVote",
    "cosmos.gov.v1.MsgVoteWeighted",
    "cosmos.gov.v1beta1.MsgDeposit",
    "cosmos.gov.v1beta1.MsgSubmitProposal",
    "cosmos.gov.v1beta1.MsgVote",
    "cosmos.gov.v1beta1.MsgVoteWeighted",
)
"""Messages that the chain executes and this program does not: they pass the ante, pay fees, and then fail."""

CLOB: Final = _urls(
    "dydxprotocol.clob.MsgPlaceOrder",
    "dydxprotocol.clob.MsgCancelOrder",
    "dydxprotocol.clob.MsgBatchCancel",
    "dydxprotocol.clob.MsgUpdateLeverage",
    "vaultsim.fundvault.v1.MsgVaultPlaceOrder",
    "vaultsim.fundvault.v1.MsgVaultCancelOrder",
)
"""One of these in a transaction makes it free of gas and fees."""

_ONLY_IN_BLOCKS: Final = CLOB - _urls("dydxprotocol.clob.MsgBatchCancel", "dydxprotocol.clob.MsgUpdateLeverage")
CREATE_TRANSFER: Final = "/dydxprotocol.sending.MsgCreateTransfer"

_NOT_IN_EXEC: Final = ("/dydxprotocol", "/slinky")


def has_clob_message(messages: Sequence[Message]) -> bool:
    """Whether the transaction takes the clob path."""
    return any(message.TYPE_URL in CLOB for message in messages)


def has_message_of_blocks(messages: Sequence[Message]) -> bool:
    """Whether the transaction holds an order or a cancellation: their handlers run in blocks only."""
    return any(message.TYPE_URL in _ONLY_IN_BLOCKS for message in messages)


def is_single_app_injected(messages: Sequence[Message]) -> bool:
    """Whether the transaction takes the app-injected path."""
    return len(messages) == 1 and messages[0].TYPE_URL in APP_INJECTED


def require_allowed(messages: Sequence[Message], *, is_check: bool) -> None:
    """Raises InvalidRequest [sdk 18] when a transaction holds a message that may not be there."""
    for message in messages:
        url = message.TYPE_URL
        if url in APP_INJECTED:
            if len(messages) > 1:
                raise InvalidRequest("app-injected msg must be the only msg in a tx")
            if is_check:
                raise InvalidRequest("app-injected msg must only be included in DeliverTx")
        if url in INTERNAL:
            raise InvalidRequest("internal msg cannot be submitted externally")
        if url in NESTED:
            problem = nesting_problem(message)
            if problem:
                raise InvalidRequest(problem)
        if url in UNSUPPORTED:
            raise InvalidRequest("unsupported msg")


def nesting_problem(message: Message) -> str:
    """Why the messages inside a MsgExec or MsgSubmitProposal may not be there; empty when they may."""
    for packed in getattr(message, "msgs" if message.TYPE_URL == EXEC else "messages"):
        inner = packed.type_url
        if inner in UNSUPPORTED:
            return "Invalid nested msg: unsupported msg type"
        if inner in APP_INJECTED:
            return "Invalid nested msg: app-injected msg type"
        if inner in NESTED:
            return "Invalid nested msg: double-nested msg type"
        if message.TYPE_URL == EXEC and inner.startswith(_NOT_IN_EXEC):
            kind = "dydx" if inner.startswith(_NOT_IN_EXEC[0]) else "Slinky"
            return f"Invalid nested msg for MsgExec: {kind} msg type"
    return ""


def is_proposable(messages: Sequence[Message]) -> bool:
    """Whether a proposer may take the transaction for one of its "other" transactions. Source: dydx-modules §1.4."""
    for message in messages:
        url = message.TYPE_URL
        if url in APP_INJECTED or url in INTERNAL or url in UNSUPPORTED:
            return False
        if (url in NESTED and nesting_problem(message)) or is_short_term(message):
            return False
    return True


def is_short_term(message: Message) -> bool:
    """Whether a message places or cancels short-term orders, whose replay the good-til block prevents."""
    message = carried_order(message)
    if isinstance(message, MsgPlaceOrder):
        return message.order.order_id.order_flags == 0
    if isinstance(message, MsgCancelOrder):
        return message.order_id.order_flags == 0
    return isinstance(message, MsgBatchCancel)


def skips_sequence(messages: Sequence[Message]) -> bool:
    """Whether all messages are short-term, so that sequences are neither checked nor raised."""
    return all(is_short_term(message) for message in messages)


def require_valid_clob_mix(messages: Sequence[Message]) -> None:
    """Raises InvalidRequest [sdk 18] for messages that may not share a transaction with clob messages (CheckTx)."""
    if len(messages) > 1 and any(is_short_term(message) for message in messages):
        raise InvalidRequest("a transaction containing short term order may not contain more than one message")
    if sum(message.TYPE_URL == CREATE_TRANSFER for message in messages) > 1:
        raise InvalidRequest("a transaction containing stateful orders can only be accompanied by 1 transfer msg")
    if any(message.TYPE_URL not in CLOB and message.TYPE_URL != CREATE_TRANSFER for message in messages):
        raise InvalidRequest("a transaction containing stateful orders cannot be accompanied by non transfer msgs")


def is_message_class(type_url: str) -> bool:
    """Whether a type URL names a transaction message that this chain's codec knows."""
    found = registry.message_class(type_url)
    if found is None or type_url != found.TYPE_URL:
        return False
    name = type_url.rpartition(".")[2]
    return name.startswith("Msg") and not name.endswith("Response")
