"""What a server takes from its clients: sizes, counts and times that bound memory and work."""

from __future__ import annotations

import msgspec


class ServerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of all doors; `vaultsim start --help` names the flags.

    request_bytes: largest request (gRPC message or HTTP body); connections: open connections of one port;
    concurrent_requests: gRPC requests in work; unread_bytes: large gRPC answers that clients have not taken yet;
    subscriptions: of one WebSocket connection; queued_events: events that a slow subscriber may lag behind before
    it is dropped; remembered_answers: answers kept until the next block; commit_seconds: how long
    broadcast_tx_commit waits for a block; patience_seconds: how long an HTTP client may take to send a request, and
    to read on when it does not keep up with what is sent to it.
    """

    request_bytes: int = 4 * 1024 * 1024
    connections: int = 4_096
    concurrent_requests: int = 4_096
    unread_bytes: int = 256 * 1024 * 1024
    subscriptions: int = 16
    queued_events: int = 1_000
    remembered_answers: int = 10_000
    commit_seconds: float = 10.0
    patience_seconds: float = 30.0
