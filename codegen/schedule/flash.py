"""Which kernels may take more flash for constants than others do.

Problem: some kernels are fast by constants of several times the size: transformed weights (Winograd), tables.  All of
them together may be more than the flash has, or than the user would spend.
Method: what the smallest constants of all operators leave of the room is given to those operators whose fastest kernel
wants more, the most instructions for a byte first.
Guarantee: the constants of the offers that are left fit into the room, or every operator has but its modest ones.
"""

from __future__ import annotations

from codegen.backends.candidate import Candidate
from codegen.ir import Operator
from codegen.schedule.pick import constant_bytes

MODEST = 1.5
"""Constants of an offer are modest up to so many times the smallest ones of its operator."""

Offers = dict[Operator, list[Candidate]]


def affordable(offers: Offers, room_bytes: float) -> Offers:
    """The offers without those whose constants find no room, in order."""
    least = {op: min(map(constant_bytes, some)) for op, some in offers.items()}
    modest = {op: [c for c in some if constant_bytes(c) <= MODEST * least[op]] for op, some in offers.items()}
    extra = {op: constant_bytes(_fastest(some)) - least[op] for op, some in offers.items()}
    gain = {op: _fastest(modest[op]).instructions - _fastest(some).instructions for op, some in offers.items()}
    wanted = sorted((op for op in offers if gain[op] > 0), key=lambda op: extra[op] / gain[op])
    left, kept = room_bytes - sum(least.values()), dict(modest)
    for op in wanted:
        if extra[op] <= left:
            left -= extra[op]
            kept[op] = [c for c in offers[op] if constant_bytes(c) <= least[op] + extra[op]]
    return kept


def _fastest(offers: list[Candidate]) -> Candidate:
    return min(offers, key=lambda c: c.instructions)
