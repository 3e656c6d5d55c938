"""Which layers run row by row, and with which kernels.

Problem: streaming a run of layers shrinks its tensors to rings, but each row is a call of its own that
reads the weights again; a lean kernel saves scratch, but is slower.  Wanted: the least RAM that
a number of extra instructions buys, or the least extra work for a given RAM.
Method: the network is cut into segments; what one segment needs (whole tensors alive across it, rings,
what its outputs may share with its inputs) does not depend on the other cuts.  So for a limit of bytes
a dynamic program over the cuts finds the least work, and the least limit for a given
work is found by bisection.  In a segment each layer takes its cheapest kernel whose scratch still fits.
Guarantee: among all cuts into segments of at most MAX_LAYERS layers, none is better by these estimates.
The estimates ignore alignment and fragmentation; the caller places the tensors and looks at the true arena.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass, field

from codegen.backends.candidate import Call, Candidate, Constant, Operand
from codegen.errors import GencError, Problem
from codegen.ir import Graph, Operator, Tensor
from codegen.schedule.lives import Lives, target_of
from codegen.schedule.moments import Moment
from codegen.schedule.overlap import works_in_place
from codegen.schedule.pick import Pick, reason
from codegen.schedule.rows import INPUT, RingUse, Step, Timeline, step_of
from codegen.schedule.states import StatePart
from codegen.schedule.views import Views

BLOCK_PIXELS = (1, 8, 24, 96)
"""Sizes of blocks that are tried: single rows, or as many as have so many pixels, a power of two."""

MAX_ROWS = 1 << 14
"""A layer of more rows runs whole: planning takes a step for each row."""
MAX_LAYERS = 40
"""Longest segment."""

CALL_INSTRUCTIONS = 120
"""Of a call more: kernel entry, hooks, counters."""

TEST_INSTRUCTIONS = 5
"""Of asking one layer of the segment whether it may compute a row."""

WEIGHT_INSTRUCTIONS = 0.25
"""Of reading a byte of weights once more, where a kernel does not know itself what its calls cost."""


@dataclass(frozen=True)
class Segment:
    """Layers [begin, end), in turns if `streamed`, in blocks of rows of about `pixels` pixels; else it is one."""

    begin: int
    end: int
    _: KW_ONLY
    streamed: bool
    pixels: int = 1


@dataclass(frozen=True, eq=False)
class Plan:
    """Cuts and kernels.

    Attributes:
        segments: all layers, in order.
        picks: the kernel of each operator that needs one.
        extra: instructions beyond the fastest kernels, run whole.
        options: what the segments were chosen from.
    """

    segments: tuple[Segment, ...]
    picks: dict[Operator, Pick]
    extra: float
    options: tuple[Option, ...]


@dataclass(eq=False)
class Root:
    """Memory that several tensors may share: born in a layer, last needed in another (both inclusive)."""

    bytes: int
    born: int
    last: int


@dataclass(eq=False)
class Option:
    """A segment that could be: its bytes, and the instructions it takes beyond the fastest kernels.

    Of a streamed one both are without the kernels: they follow from the bytes that are left for scratch.
    """

    segment: Segment
    bytes: int
    extra: float
    kernels: tuple[Candidate, ...] = ()


@dataclass(eq=False)
class Planner:
    """A network with its kernels, prepared for planning.

    Attributes:
        graph: in order of execution.
        views: what shares memory.
        picks: the cheapest kernel of each operator.
        offers: all kernels of each operator.
        pushed: the input that arrives row by row, or None.
        state: the state part; layers that share some of it run whole.
        left_out: of the pushed input (push.py).
        fast_bytes: room in fast memory for an instance, for the placing; None: it is one piece.
    """

    graph: Graph
    views: Views
    picks: dict[Operator, Pick]
    offers: dict[Operator, list[Candidate]]
    pushed: Tensor | None = None
    state: StatePart = field(default_factory=StatePart)
    fast_bytes: int | None = None
    left_out: tuple[Operator, ...] = ()
    _options: dict[int, list[Option]] = field(default_factory=dict)
    _timelines: dict[tuple[int, int], Timeline] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.variants = [self._variants(op) for op in self.graph.operators]
        self.calls = [
            self.views.remaining_calls(op, self.variants[layer][0].calls) if op in self.picks else ()
            for layer, op in enumerate(self.graph.operators)
        ]
        self.steps = [self._step(layer) for layer in range(len(self.calls))]
        self.prices = {pixels: [self._prices(at, pixels) for at in range(len(self.calls))] for pixels in BLOCK_PIXELS}
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
        self._find_options()

    # ---- the network ------------------------------------------------------------------

    def _variants(self, op: Operator) -> list[Candidate]:
        """The kernels for rows of a layer: those with the most rings, the cheapest first, that see the same rows."""
        if op not in self.picks:
            return []
        offers = [c for c in self._exchangeable(op) if _takes_turns(c)] or [self.picks[op].candidate]
        offers.sort(key=lambda c: (-_ring_count(c), c.work(1), c.scratch_bytes))
        return [offer for offer in offers if _same_operands(offer, offers[0])]

    def _prices(self, layer: int, pixels: int) -> list[tuple[int, float, Candidate]]:
        """Scratch and extra work of the kernels for blocks, the cheapest first; each next one has less scratch."""
        rows = self.block_rows(layer, pixels)
        prices = [(v.work(rows), _shared_scratch(v), v) for v in self.variants[layer]]
        lean: list[tuple[int, float, Candidate]] = []
        for work, scratch_bytes, kernel in sorted(prices, key=lambda price: price[:2]):
            if not lean or scratch_bytes < lean[-1][0]:
                lean.append((scratch_bytes, work - self.picks[kernel.op].candidate.instructions, kernel))
        return lean

    def block_rows(self, layer: int, pixels: int) -> int:
        """Rows that a layer computes together."""
        step = self.steps[layer]
        if step is None or step.rows < 2 or not step.writes or step.writes[0].rows != step.rows:
            return 1
        y = step.writes[0].tensor
        # Rows may be those of the last axis: each is a pixel then.
        row_pixels = max(y.size // (step.rows * (y.shape[-1] if y.shape else 1)), 1)
        return min(1 << max(-(-pixels // row_pixels) - 1, 0).bit_length(), step.rows)

    def _exchangeable(self, op: Operator) -> list[Candidate]:
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

    # ---- what a segment needs -----------------------------------------------------------

    def timeline(self, begin: int, pixels: int) -> Timeline:
        """The rows of the longest run of layers from `begin` on."""
        if (begin, pixels) not in self._timelines:
            steps: dict[int, Step] = {}
            if begin == 0 and self.source is not None:
                steps[INPUT] = self.source
            for layer in range(begin, min(begin + MAX_LAYERS, len(self.steps))):
                step = self.steps[layer]
                if step is None:
                    break
                steps[layer] = step
            sizes = {layer: self.block_rows(layer, pixels) for layer in steps if layer != INPUT}
            self._timelines[begin, pixels] = Timeline(steps, sizes)
        return self._timelines[begin, pixels]

    def rings(self, begin: int, end: int, pixels: int) -> tuple[dict[Tensor, int], dict[Tensor, Tensor]]:
        """Tensors that live inside the streamed layers [begin, end) only -> rows to keep; and those that lie on others.

        A tensor that an in-place kernel reads lies on the result, in its ring or in its whole memory, unless a
        ring for both needs more rows than two rings.
        """
        timeline = self.timeline(begin, pixels)
        inside = {t: use for t, use in self.ring_uses.items() if self._is_inside(use, t, begin, end)}
        aliases = {x: y for x, y in self.aliases.items() if x in inside}
        groups: dict[Tensor, list[Tensor]] = defaultdict(list)
        for tensor in inside:
            groups[target_of(tensor, aliases)].append(tensor)
        rings: dict[Tensor, int] = {}
        for target, members in groups.items():
            alone = {t: timeline.ring_rows([inside[t]]) for t in members}
            together = timeline.ring_rows([inside[t] for t in members])
            if target in inside and together <= sum(alone.values()):
                rings.update(dict.fromkeys(members, together))
            elif target in inside:
                rings.update(alone)
                for tensor in members:
                    aliases.pop(tensor, None)
        return rings, aliases

    def _is_inside(self, use: RingUse, tensor: Tensor, begin: int, end: int) -> bool:
        """True when a tensor is made and read in [begin, end) only."""
        made = begin <= use.producer < end or (use.producer == INPUT and begin == 0)
        return made and self.roots[tensor].last < end

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

    def _find_options(self) -> None:
        """Every segment that could be, by where it ends."""
        self._options = {end: [] for end in range(1, len(self.calls) + 1)}
        forced = self._pushed_layers()
        for begin in range(len(self.calls)):
            if begin or not forced:
                self._options[begin + 1] += self._whole(begin, Lives(self, begin))
            known: list[dict[int, int]] = []
            # Work on pushed rows is to be spread over the pushes.
            for pixels in BLOCK_PIXELS if begin or not forced else BLOCK_PIXELS[:1]:
                timeline = self.timeline(begin, pixels)
                if timeline.sizes not in known:
                    known.append(timeline.sizes)
                    self._streamed(begin, pixels, 2 if begin or not forced else forced)

    def _streamed(self, begin: int, pixels: int, shortest: int) -> None:
        """Adds the segments that begin with a layer, run in blocks of so many pixels."""
        life = Lives(self, begin, pixels)
        run = sum(layer != INPUT for layer in self.timeline(begin, pixels).steps)
        for end in range(begin + shortest, begin + run + 1):
            segment = Segment(begin, end, streamed=True, pixels=pixels)
            self._options[end].append(Option(segment, life.streamed_bytes(end), self._extra(segment)))

    def _whole(self, layer: int, life: Lives) -> list[Option]:
        """The layer alone, run whole, by each of its kernels."""
        segment, op = Segment(layer, layer + 1, streamed=False), self.graph.operators[layer]
        if not self.calls[layer]:
            return [Option(segment, life.whole_bytes(()), 0.0)]
        options = []
        for kernel in self._exchangeable(op):
            calls = self.views.remaining_calls(op, kernel.calls)
            size = life.whole_bytes(calls) + max(call.scratch_bytes for call in calls)
            extra = kernel.instructions - self.picks[op].candidate.instructions
            options.append(Option(segment, size, extra, (kernel,)))
        return options

    def _pushed_layers(self) -> int:
        """Layers that must run row by row because they come before, or are, readers of a pushed input."""
        if self.pushed is None:
            return 0
        last = max(self.readers[self.pushed], default=0)
        unable = [layer for layer in range(last + 1) if self.steps[layer] is None]
        if self.ring_operand(self.pushed) is None or unable or last >= MAX_LAYERS:
            where = self.graph.operators[unable[0] if unable else min(self.readers[self.pushed], default=0)].where
            problem = Problem(where, "does not read it by rows")
            raise GencError("the input cannot arrive row by row", [problem])
        return last + 1

    def _extra(self, segment: Segment) -> float:
        """Estimated instructions that taking turns costs, beside slower kernels."""
        return sum(self._turns_work(segment, layer) for layer in range(segment.begin, segment.end))

    def _turns_work(self, segment: Segment, layer: int) -> float:
        """The same of one layer."""
        timeline = self.timeline(segment.begin, segment.pixels)
        step, turns = timeline.steps[layer], timeline.blocks[layer].count
        call = float(CALL_INSTRUCTIONS * len(step.calls))
        pick = self.picks.get(self.graph.operators[layer])
        if pick is None or pick.candidate.by_calls is None:
            weights = sum(v.array.nbytes for c in step.calls for _, v in c.params if isinstance(v, Constant))
            call += WEIGHT_INSTRUCTIONS * weights
        return (turns - 1) * call + turns * TEST_INSTRUCTIONS * (segment.end - layer)

    def layer_work(self, segment: Segment, layer: int, kernel: Candidate) -> float:
        """Estimated instructions of a layer in a segment."""
        if not segment.streamed:
            return kernel.instructions
        return kernel.work(self.block_rows(layer, segment.pixels)) + self._turns_work(segment, layer)

    # ---- plans --------------------------------------------------------------------------

    def _kernels(self, option: Option, limit_bytes: float) -> tuple[float, tuple[Candidate, ...]] | None:
        """The cheapest kernels of a segment within a limit, and what they cost beyond the fastest; None: none fit."""
        if not option.segment.streamed:
            return 0.0, option.kernels
        extra, kernels, left = 0.0, [], limit_bytes - option.bytes
        for layer in range(option.segment.begin, option.segment.end):
            for scratch_bytes, price, kernel in self.prices[option.segment.pixels][layer]:
                if scratch_bytes <= left:
                    extra += price
                    kernels.append(kernel)
                    break
            else:
                return None
        return extra, tuple(kernels)

    def least_work(self, limit_bytes: float, without: Collection[Option] = ()) -> Plan | None:
        """The plan of least work in which, by estimate, no moment needs more than `limit_bytes`.

        Args:
            limit_bytes: of every moment.
            without: what the plan may not have.
        """
        count = len(self.calls)
        best: list[tuple[float, Option | None]] = [(0.0, None), *[(math.inf, None)] * count]
        for end in range(1, count + 1):
            for option in self._options[end]:
                before = best[option.segment.begin][0] + option.extra
                if option.bytes > limit_bytes or before == math.inf or option in without:
                    continue
                kernels = self._kernels(option, limit_bytes)
                if kernels is not None and before + kernels[0] < best[end][0]:
                    best[end] = (before + kernels[0], option)
        return self._plan(best, limit_bytes) if best[count][0] < math.inf else None

    def _plan(self, best: list[tuple[float, Option | None]], limit_bytes: float) -> Plan:
        """Follow the choices of the dynamic program back from the end."""
        options: list[Option] = []
        picks = dict(self.picks)
        extra = 0.0
        end = len(self.calls)
        while end:
            option = best[end][1]
            assert option is not None
            chosen = self._kernels(option, limit_bytes)
            assert chosen is not None
            for kernel in chosen[1]:
                if kernel is not self.picks[kernel.op].candidate:
                    picks[kernel.op] = Pick(kernel, reason(kernel, f"less memory than {_name(self.picks[kernel.op])}"))
            options.insert(0, option)
            extra += option.extra + chosen[0]
            end = option.segment.begin
        return Plan(tuple(option.segment for option in options), picks, extra, tuple(options))

    def least_bytes(self, extra: float) -> int:
        """The least limit of bytes for which a plan costs at most `extra` instructions more."""
        scratch = sum(pick.candidate.scratch_bytes for pick in self.picks.values())
        low, high = 0, sum(root.bytes for root in self.roots.values()) + scratch
        high += sum(option.bytes for options in self._options.values() for option in options[:1])
        while low < high:
            middle = (low + high) // 2
            plan = self.least_work(middle)
            if plan is not None and plan.extra <= extra:
                high = middle
            else:
                low = middle + 1
        return low

    def moments(self, plan: Plan) -> list[Moment]:
        """The plan as moments, with the calls of the kernels that it picked."""
        calls = [
            self.views.remaining_calls(op, plan.picks[op].candidate.calls) if op in plan.picks else ()
            for op in self.graph.operators
        ]
        moments = []
        for segment in plan.segments:
            layers = range(segment.begin, segment.end)
            together = tuple(call for layer in layers for call in calls[layer])
            if not segment.streamed:
                moments.append(Moment(layers, together))
                continue
            at = segment.begin, segment.end, segment.pixels
            moments.append(Moment(layers, together, self.timeline(at[0], at[2]), *self.rings(*at)))
        return moments


def _takes_turns(candidate: Candidate) -> bool:
    """True when a kernel makes more than one row, and could do it row by row."""
    step = step_of(candidate.calls)
    return step is not None and step.rows > 1


def _ring_count(candidate: Candidate) -> int:
    """Operands that may be rings."""
    return sum(len(call.rings) for call in candidate.calls)


def _shared_scratch(candidate: Candidate) -> int:
    """Scratch that a kernel shares with the others of its segment."""
    return max((c.scratch_bytes for c in candidate.calls if not c.keeps_scratch), default=0)


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
                call.keeps_scratch,
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


def _name(pick: Pick) -> str:
    return pick.candidate.calls[0].kernel
