"""The Merkle tree of CometBFT (RFC 6962): roots and proofs over lists of byte strings.

Source: CometBFT 0.38 specification, data structures, Merkle trees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root over no items."""

_sha256 = hashlib.sha256


class MerkleProof(NamedTuple):
    """Why an item belongs to a root: its leaf hash, and the hashes beside the way up, the lowest first."""

    total: int
    position: int
    leaf_hash: bytes
    aunts: tuple[bytes, ...]


def merkle_root(items: Sequence[bytes]) -> bytes:
    """SHA-256 root over `items` in their order."""
    level = _leaves(items)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def merkle_proof(items: Sequence[bytes], position: int) -> MerkleProof:
    """The proof of `items[position]`. Raises IndexError."""
    level = _leaves(items)
    leaf_hash = level[position]
    aunts = []
    place = position
    while len(level) > 1:
        beside = place ^ 1
        # The last hash of a level of odd length goes up as it is.
        if beside < len(level):
            aunts.append(level[beside])
        level = _level_above(level)
        place >>= 1
    return MerkleProof(len(items), position, leaf_hash, tuple(aunts))


def _leaves(items: Sequence[bytes]) -> list[bytes]:
    return [_sha256(b"\x00" + item).digest() for item in items]


def _level_above(level: list[bytes]) -> list[bytes]:
    pairs = [_sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) & 1 else pairs
