"""Which kernels can take turns, row by row, and how the tensors between them are kept.

Problem: layers that take turns need kernels that see the same rows whichever of them is chosen in the end; and what
one reads and writes can lie in fewer rings than there are tensors.
Method: the offers for a layer that agree with its first one stand for each other.  What a kernel makes of a tensor in
place shares a ring with that tensor; where the kernel keeps the rows that it sees again (`Call.lag`), the result lies
on the newest rows, and its ring begins later.  Kernels that keep rows are worth it for narrow rows, and not for wide
ones, so a network has two sets of :class:`Turns`, with and without them.
Guarantee: all offers for a layer declare the same rows; a ring has room for all rows that are in use at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from codegen.backends.candidate import Call, Candidate, Operand
from codegen.ir import Graph, Operator, Tensor
from codegen.schedule.overlap import works_in_place
from codegen.schedule.pick import Pick
from codegen.schedule.rows import INPUT, RingUse, Step, Timeline, step_of
from codegen.schedule.states import StatePart
from codegen.schedule.views import Views

MAX_ROWS = 1 << 14
"""A layer of more rows runs whole: planning takes a step for each row."""


@dataclass(eq=False)
class Root:
    """Memory that several tensors may share: born in a layer, last needed in another (both inclusive)."""

    bytes: int
    born: int
    last: int


@dataclass(frozen=True, eq=False)
class Rings:
    """How the tensors inside a segment are kept.

    Attributes:
        rows: tensor -> rows of its ring.
        aliases: tensors that lie on another one.
        ahead: tensor -> rows by which its ring begins later.
    """

    rows: dict[Tensor, int]
    aliases: dict[Tensor, Tensor]
    ahead: dict[Tensor, int]


@dataclass(eq=False)
class Turns:
    """The layers of a network as they could take turns.

    Attributes:
        graph: in order of execution.
        views: what shares memory.
        picks: the cheapest kernel of each operator.
        offers: all kernels of each operator.
        pushed: the input that arrives row by row, or None.
        state: the state part; layers that share some of it run whole.
        keeping: with kernels that keep rows of their input, where there are some and nobody else reads it.
    """

    graph: Graph
    views: Views
    picks: dict[Operator, Pick]
    offers: dict[Operator, list[Candidate]]
    pushed: Tensor | None
    state: StatePart
    keeping: bool

    def __post_init__(self) -> None:
        self.consumers = self.graph.consumers()
        self.variants = [self._variants(op) for op in self.graph.operators]
        self.calls = [
            self.views.remaining_calls(op, self.variants[layer][0].calls) if op in self.picks else ()
            for layer, op in enumerate(self.graph.operators)
        ]
        self.steps = [self._step(layer) for layer in range(len(self.calls))]
        self.readers: dict[Tensor, list[int]] = defaultdict(list)
        self.writer: dict[Tensor, tuple[int, Operand]] = {}
        for layer, calls in enumerate(self.calls):
            for call in calls:
                for operand in call.inputs:
                    if layer not in self.readers[operand.tensor]:
                        self.readers[operand.tensor].append(layer)
                self.writer.update({operand.tensor: (layer, operand) for operand in call.outputs})
        self.source = _source(self.pushed, self.calls)
        if self.pushed is not None and self.source is not None:
            self.writer[self.pushed] = (INPUT, self.source.calls[0].outputs[0])
        self.roots = self._roots()
        self.ring_uses = {
            tensor: RingUse(written, layer, tuple(self.readers[tensor]))
            for tensor, (layer, written) in self.writer.items()
            if self.ring_operand(tensor) is not None
        }
        self.aliases = self._aliases()
        self._lying: dict[Tensor, list[Tensor]] = defaultdict(list)
        for tensor in self.aliases:
            self._lying[target_of(tensor, self.aliases)].append(tensor)
        self._let_rings_begin_later()

    @property
    def keeps_rows(self) -> bool:
        """True when some kernel keeps rows of its input."""
        return any(_keeps_rows(kernels[0]) for kernels in self.variants if kernels)

    def _variants(self, op: Operator) -> list[Candidate]:
        """The kernels for rows of a layer: those with the most rings, the cheapest first, that see the same rows."""
        if op not in self.picks:
            return []
        keeping = self.keeping and any(t is not None and len(self.consumers[t]) == 1 for t in op.inputs[:1])
        offers = [c for c in self.exchangeable(op) if _takes_turns(c)] or [self.picks[op].candidate]
        offers.sort(key=lambda c: (-_ring_count(c), keeping != _keeps_rows(c), c.work(1), c.scratch_bytes))
        return [offer for offer in offers if _same_operands(offer, offers[0])]

    def exchangeable(self, op: Operator) -> list[Candidate]:
        """The kernels that may take the place of the pick: they make the same calls, and need no more alignment.

        What touches the state part must behave like the pick, whose behaviour decided what lies there.
        """
        pick = self.picks[op].candidate
        kept = any(t in self.state.offsets for t in (*op.activations, *op.outputs))
        if self.views.placed.get(op):
            return [pick]

        def tensors(candidate: Candidate) -> list[list[Tensor]]:
            return [[o.tensor for o in (*call.inputs, *call.outputs)] for call in candidate.calls]

        def aligned(candidate: Candidate) -> bool:
            operands = (o for call in candidate.calls for o in (*call.inputs, *call.outputs))
            return all(o.align <= self.views.align(self.views.root(o.tensor)[0]) for o in operands)

        alike = [c for c in self.offers[op] if tensors(c) == tensors(pick) and aligned(c)]
        return [c for c in alike if c is pick or not kept or _overlaps(c) == _overlaps(pick)]

    def _step(self, layer: int) -> Step | None:
        """A layer that can take turns with others: all its calls are there."""
        calls, pick = self.calls[layer], self.picks.get(self.graph.operators[layer])
        touched = {o.tensor for c in calls for o in (*c.inputs, *c.outputs)}
        if not calls or pick is None or len(calls) != len(pick.candidate.calls):
            return None
        if any(call.out_rows > MAX_ROWS for call in calls):
            return None
        return step_of(calls) if self._has_state_alone(layer, touched & self.state.offsets.keys()) else None

    def _has_state_alone(self, layer: int, touched: set[Tensor]) -> bool:
        """True when no other layer reads or writes the homes of the states that this one touches."""
        places = self.state.offsets
        homes = [range(places[t], places[t] + t.bytes) for t in touched]
        return not any(
            o.tensor in places and any(_meet(home, places[o.tensor], o.tensor.bytes) for home in homes)
            for other, calls in enumerate(self.calls)
            if other != layer
            for call in calls
            for o in (*call.inputs, *call.outputs)
        )

    def _roots(self) -> dict[Tensor, Root]:
        """Every memory of the network with its life."""
        roots: dict[Tensor, Root] = {}
        count = len(self.calls)
        lives = [(t, -1) for t in self.graph.sources] + [(t, count) for t in self.graph.sinks]
        lives += [(o.tensor, at) for at, cs in enumerate(self.calls) for c in cs for o in (*c.inputs, *c.outputs)]
        for tensor, layer in lives:
            if tensor in self.state.offsets:
                continue
            owner = self.views.root(tensor)[0]
            root = roots.setdefault(owner, Root(owner.bytes, layer, layer))
            root.born, root.last = min(root.born, layer), max(root.last, layer)
        return roots

    def ring_operand(self, tensor: Tensor) -> Operand | None:
        """How `tensor` is written, if a ring can hold it: every call sees the same rows, nothing shares its memory."""
        if tensor in self.graph.sinks or tensor not in self.writer or self.views.members(tensor) != [tensor]:
            return None
        layer, written = self.writer[tensor]
        if tensor in self.views.parents or (tensor in self.graph.inputs and tensor is not self.pushed):
            return None
        step = self.source if layer == INPUT else self.steps[layer]
        if step is None or written.rows != step.rows or written.rows < 2:
            return None
        layers = [*self.readers[tensor], *([layer] if layer != INPUT else [])]
        uses = [use for k in layers for call in self.calls[k] for use in _uses(call, tensor)]
        same = all((o.rows, o.row_bytes) == (written.rows, written.row_bytes) and ring for o, ring in uses)
        return written if self.readers[tensor] and same else None

    def rings(self, timeline: Timeline, begin: int, end: int) -> Rings:
        """How tensors that live inside the streamed layers [begin, end) only are kept, given when their rows fire.

        A tensor that an in-place kernel reads lies on the result, in its ring or in its whole memory, unless a
        ring for both needs more rows than two rings.
        """
        inside = {t: use for t, use in self.ring_uses.items() if self._is_inside(use, t, begin, end)}
        aliases = {x: y for x, y in self.aliases.items() if x in inside}
        groups: dict[Tensor, list[Tensor]] = defaultdict(list)
        for tensor in inside:
            groups[target_of(tensor, aliases)].append(tensor)
        rings = Rings({}, aliases, {})
        for target, members in groups.items():
            alone = {t: timeline.ring_rows([inside[t]]) for t in members}
            ahead = self._ahead(target, members)
            together = timeline.ring_rows([replace(inside[t], ahead=ahead[t]) for t in members if t in inside])
            if target in inside and together <= sum(alone.values()):
                rings.rows.update(dict.fromkeys(members, together))
                rings.ahead.update(ahead)
            elif target in inside:
                rings.rows.update(alone)
                for tensor in members:
                    aliases.pop(tensor, None)
        return rings

    def _ahead(self, target: Tensor, members: Collection[Tensor]) -> dict[Tensor, int]:
        """By how many rows the ring of each member begins later, so that a result lies on the last rows it is made of.

        All begin with row 0 when a kernel cannot have it otherwise.
        """
        sources = {self.aliases[x]: x for x in members if x is not target}
        ahead: dict[Tensor, int] = {}
        for tensor in sorted(members, key=lambda t: self.writer[t][0]):
            layer = self.writer[tensor][0]
            lag = self.calls[layer][0].lag if tensor in sources else 0
            ahead[tensor] = ahead[sources[tensor]] + lag if tensor in sources else 0
            able = all(call_able for k in (layer, *self.readers[tensor]) for call_able in self._begins(k, tensor))
            if ahead[tensor] and not able:
                return dict.fromkeys(members, 0)
        return ahead

    def _let_rings_begin_later(self) -> None:
        """Where rings may begin with another row than 0, only kernels that can have it stand for another."""
        groups = [(target, self.lying_on(target)) for target in self._lying]
        ahead = {t: rows for target, group in groups for t, rows in self._ahead(target, group).items() if rows}
        for layer in {layer for t in ahead for layer in (self.writer[t][0], *self.readers[t])}:
            first, *others = self.variants[layer]
            begins = [call.begins for call in first.calls]
            alike = (other for other in others if [call.begins for call in other.calls] == begins)
            self.variants[layer] = [first, *alike]

    def _begins(self, layer: int, tensor: Tensor) -> list[bool]:
        """Whether the ring of a tensor may begin with another row, for each use in a layer."""
        return [
            place in call.begins
            for call in (self.calls[layer] if layer != INPUT else ())
            for place, operand in enumerate((*call.inputs, *call.outputs))
            if operand.tensor is tensor
        ]

    def _is_inside(self, use: RingUse, tensor: Tensor, begin: int, end: int) -> bool:
        """True when a tensor is made and read in [begin, end) only."""
        made = begin <= use.producer < end or (use.producer == INPUT and begin == 0)
        return made and self.roots[tensor].last < end

    def lying_on(self, tensor: Tensor) -> list[Tensor]:
        """A tensor, and those that may lie on it."""
        return [tensor, *self._lying.get(tensor, ())]

    def _aliases(self) -> dict[Tensor, Tensor]:
        """Tensors that can lie on the result of their only reader, which works in place."""
        aliases: dict[Tensor, Tensor] = {}
        for x, use in self.ring_uses.items():
            calls = [call for layer in use.readers for call in self.calls[layer]]
            if len(calls) != 1 or use.producer == INPUT:
                continue
            (call,), y = calls, calls[0].outputs[0].tensor
            places = [place for place, operand in enumerate(call.inputs) if operand.tensor is x]
            free = self.views.members(y) == [y] and y not in self.views.parents and y not in self.state.offsets
            if len(places) == 1 and works_in_place(call, places[0], 0) and free and y not in aliases.values():
                aliases[x] = y
        return aliases


def target_of(tensor: Tensor, aliases: Mapping[Tensor, Tensor]) -> Tensor:
    """Where a tensor lies in the end."""
    while tensor in aliases:
        tensor = aliases[tensor]
    return tensor


def _takes_turns(candidate: Candidate) -> bool:
    """True when a kernel makes more than one row, and could do it row by row."""
    step = step_of(candidate.calls)
    return step is not None and step.rows > 1


def _ring_count(candidate: Candidate) -> int:
    """Operands that may be rings."""
    return sum(len(call.rings) for call in candidate.calls)


def _keeps_rows(candidate: Candidate) -> bool:
    """True when a kernel keeps rows that it has read, in place."""
    return any(call.kept_bytes and call.in_place for call in candidate.calls)


def _source(tensor: Tensor | None, calls: Sequence[tuple[Call, ...]]) -> Step | None:
    """The user who pushes the rows of `tensor`, as its first reader sees them."""
    for read in (o for layer in calls for call in layer for o in call.inputs if o.tensor is tensor):
        return Step((Call("", (), (), (Operand(read.tensor, read.rows, read.row_bytes),), read.rows),), read.rows)
    return None


def _meet(home: range, start: int, size: int) -> bool:
    """True when bytes of a home lie in [start, start + size)."""
    return start < home.stop and home.start < start + size


def _uses(call: Call, tensor: Tensor) -> list[tuple[Operand, bool]]:
    """The operands of a call that are `tensor`, and whether they may be rings."""
    operands = enumerate((*call.inputs, *call.outputs))
    return [(operand, place in call.rings) for place, operand in operands if operand.tensor is tensor]


def _same_operands(a: Candidate, b: Candidate) -> bool:
    """True when a sees the same rows as b."""

    def facts(c: Candidate) -> list[tuple[object, ...]]:
        return [
            (
                call.out_rows,
                call.updates,
                call.rings,
                call.kept_bytes,
                call.lag,
                call.in_place,
                [(o.tensor, o.rows, o.row_bytes, o.first_alone, o.last) for o in (*call.inputs, *call.outputs)],
            )
            for call in c.calls
        ]

    return facts(a) == facts(b)


def _overlaps(candidate: Candidate) -> list[tuple[object, ...]]:
    """All that decides what may lie over what while a layer runs whole."""
    return [
        (call.out_rows, call.updates, call.in_place, [(o.rows, o.row_bytes, o.first, o.last) for o in call.inputs])
        for call in candidate.calls
    ]
