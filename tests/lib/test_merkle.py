"""The Merkle tree, against RFC 6962 and CometBFT's own test vectors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.lib.merkle import MerkleProof, merkle_proof, merkle_root


def _leaf(item: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + item).digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _root_of_rfc_6962(items: list[bytes]) -> bytes:
    """The definition: split at the largest power of two below the length."""
    if not items:
        return hashlib.sha256(b"").digest()
    if len(items) == 1:
        return _leaf(items[0])
    split = 1
    while split * 2 < len(items):
        split *= 2
    return _inner(_root_of_rfc_6962(items[:split]), _root_of_rfc_6962(items[split:]))


@pytest.mark.parametrize(
    ("items", "root"),
    [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ([b"\x01\x02\x03"], "054edec1d0211f624fed0cbca9d4f9400b0e491c43742af2c5b0abebf0c990d8"),
        ([b""], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ([b"\x01\x02\x03", b"\x04\x05\x06"], "82e6cfce00453804379b53962939eaa7906b39904be0813fcadd31b100773c4b"),
        ([b"L123456"], "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"),
    ],
)
def test_roots_are_those_of_the_reference(items: list[bytes], root: str) -> None:
    assert merkle_root(items).hex() == root


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_a_root_is_what_the_definition_says(items: list[bytes]) -> None:
    assert merkle_root(items) == _root_of_rfc_6962(items)


def _climbed(proof: MerkleProof) -> bytes:
    """The root that a proof leads to, by the definition: the split decides on which side an aunt stands."""

    def climb(index: int, total: int, aunts: tuple[bytes, ...]) -> bytes:
        if total == 1:
            assert not aunts
            return proof.leaf_hash
        split = 1
        while split * 2 < total:
            split *= 2
        if index < split:
            return _inner(climb(index, split, aunts[:-1]), aunts[-1])
        return _inner(aunts[-1], climb(index - split, total - split, aunts[:-1]))

    return climb(proof.position, proof.total, proof.aunts)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_proof_leads_from_its_item_to_the_root(items: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(items) - 1))
    proof = merkle_proof(items, index)
    assert proof.leaf_hash == _leaf(items[index])
    assert _climbed(proof) == merkle_root(items)
