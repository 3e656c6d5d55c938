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
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, field
from typing import NamedTuple

from codegen.backends.candidate import Candidate, Constant
from codegen.errors import GencError, Problem
from codegen.ir import Graph, Operator, Tensor
from codegen.schedule.lives import Lives
from codegen.schedule.moments import Moment
from codegen.schedule.pick import Pick, reason
from codegen.schedule.rows import INPUT, Step, Timeline
from codegen.schedule.states import StatePart
from codegen.schedule.turns import Rings, Turns
from codegen.schedule.views import Views

BLOCK_PIXELS = (1, 8, 24, 96)
"""Sizes of blocks that are tried: single rows, or as many as have so many pixels."""

KEPT_PIXELS = (8, 24, 40, 48)
"""The same with kernels that keep rows."""


class Style(NamedTuple):
    """How layers take turns.

    Attributes:
        pixels: of the blocks of rows, about: 1 for single rows.  Without kernels that keep rows it is a power of two of
            rows, for the sake of strides.
        keeping: by kernels that keep rows of their input, where there are some.
    """

    pixels: int
    keeping: bool


STYLES = tuple(
    Style(pixels, keeping) for keeping, sizes in ((False, BLOCK_PIXELS), (True, KEPT_PIXELS)) for pixels in sizes
)
"""Those that are tried."""

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
    """Layers [begin, end), in turns of a style if `streamed`; else it is one."""

    begin: int
    end: int
    _: KW_ONLY
    streamed: bool
    style: Style = STYLES[0]


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
class Option:
    """A segment that could be: its bytes, and the instructions it takes beyond the fastest kernels.

    Of a streamed one both are without the kernels: they follow from the bytes that are left for scratch.  What they
    cost at least is `least`.
    """

    segment: Segment
    bytes: int
    extra: float
    kernels: tuple[Candidate, ...] = ()
    least: float = 0.0


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
    _timelines: dict[tuple[int, Style], Timeline] = field(default_factory=dict)
    _weights: dict[Step, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        network = self.graph, self.views, self.picks, self.offers, self.pushed, self.state
        self.turns = {keeping: Turns(*network, keeping=keeping) for keeping in (False, True)}
        plain = self.turns[False]
        self.calls, self.writer, self.roots = plain.calls, plain.writer, plain.roots
        self.styles = [style for style in STYLES if self.turns[style.keeping].keeps_rows or not style.keeping]
        self.prices = {style: [self._prices(at, style) for at in range(len(self.calls))] for style in self.styles}
        self._find_options()

    # ---- kernels ------------------------------------------------------------------------

    def _prices(self, layer: int, style: Style) -> list[tuple[int, float, Candidate]]:
        """Scratch and extra work of the kernels for blocks, the cheapest first; each next one has less scratch."""
        rows = self.block_rows(layer, style)
        prices = [(v.work(rows), _shared_scratch(v), v) for v in self.turns[style.keeping].variants[layer]]
        lean: list[tuple[int, float, Candidate]] = []
        for work, scratch_bytes, kernel in sorted(prices, key=lambda price: price[:2]):
            if not lean or scratch_bytes < lean[-1][0]:
                lean.append((scratch_bytes, work - self.picks[kernel.op].candidate.instructions, kernel))
        return lean

    def block_rows(self, layer: int, style: Style) -> int:
        """Rows that a layer computes together."""
        step = self.turns[style.keeping].steps[layer]
        if step is None or step.rows < 2 or not step.writes or step.writes[0].rows != step.rows:
            return 1
        y = step.writes[0].tensor
        # Rows may be those of the last axis: each is a pixel then.
        row_pixels = max(y.size // (step.rows * (y.shape[-1] if y.shape else 1)), 1)
        rows = -(-style.pixels // row_pixels)
        return min(rows if style.keeping else 1 << (rows - 1).bit_length(), step.rows)

    # ---- what a segment needs -----------------------------------------------------------

    def run(self, begin: int, style: Style) -> dict[int, Step]:
        """The longest run of layers from `begin` on that can take turns, and who pushes their input."""
        turns, steps = self.turns[style.keeping], dict[int, Step]()
        if begin == 0 and turns.source is not None:
            steps[INPUT] = turns.source
        for layer in range(begin, min(begin + MAX_LAYERS, len(turns.steps))):
            step = turns.steps[layer]
            if step is None:
                break
            steps[layer] = step
        return steps

    def timeline(self, begin: int, style: Style) -> Timeline:
        """The rows of the longest run of layers from `begin` on."""
        if (begin, style) not in self._timelines:
            steps = self.run(begin, style)
            sizes = {layer: self.block_rows(layer, style) for layer in steps if layer != INPUT}
            self._timelines[begin, style] = Timeline(steps, sizes)
        return self._timelines[begin, style]

    def rings(self, begin: int, end: int, style: Style) -> Rings:
        """How tensors that live inside the streamed layers [begin, end) only are kept."""
        return self.turns[style.keeping].rings(self.timeline(begin, style), begin, end)

    def _find_options(self) -> None:
        """Every segment that could be, by where it ends."""
        self._options = {end: [] for end in range(1, len(self.calls) + 1)}
        forced = self._pushed_layers()
        for begin in range(len(self.calls)):
            if begin or not forced:
                self._options[begin + 1] += self._whole(begin, Lives(self, begin))
            known: list[tuple[list[Step], dict[int, int]]] = []
            for style in self._styles(begin):
                # Work on pushed rows is to be spread over the pushes.
                if forced and not begin and style.pixels > 1:
                    continue
                timeline = self.timeline(begin, style)
                if (like := (list(timeline.steps.values()), timeline.sizes)) not in known:
                    known.append(like)
                    self._streamed(begin, style, 2 if begin or not forced else forced)

    def _styles(self, begin: int) -> list[Style]:
        """Those that make a difference for the run of layers from `begin` on."""
        plain, keeping = (list(self.run(begin, Style(1, keeping)).values()) for keeping in (False, True))
        return [style for style in self.styles if not style.keeping or keeping != plain]

    def _streamed(self, begin: int, style: Style, shortest: int) -> None:
        """Adds the segments that begin with a layer, run in one style."""
        life = Lives(self, begin, style)
        extra = tests = least = 0.0
        for layer in (layer for layer in self.timeline(begin, style).steps if layer != INPUT):
            again, each = self._turns_work(begin, style, layer)
            tests += each
            extra += again + tests
            least += self.prices[style][layer][0][1]
            if layer + 1 >= begin + shortest:
                segment = Segment(begin, layer + 1, streamed=True, style=style)
                option = Option(segment, life.streamed_bytes(segment.end), extra, least=least)
                self._options[segment.end].append(option)

    def _whole(self, layer: int, life: Lives) -> list[Option]:
        """The layer alone, run whole, by each of its kernels."""
        segment, op = Segment(layer, layer + 1, streamed=False), self.graph.operators[layer]
        if not self.calls[layer]:
            return [Option(segment, life.whole_bytes(()), 0.0)]
        options = []
        for kernel in self.turns[False].exchangeable(op):
            calls = self.views.remaining_calls(op, kernel.calls)
            size = life.whole_bytes(calls) + max(c.scratch_bytes for c in calls) + sum(c.kept_bytes for c in calls)
            extra = kernel.instructions - self.picks[op].candidate.instructions
            options.append(Option(segment, size, extra, (kernel,)))
        return options

    def _pushed_layers(self) -> int:
        """Layers that must run row by row because they come before, or are, readers of a pushed input."""
        if self.pushed is None:
            return 0
        turns = self.turns[False]
        readers = turns.readers[self.pushed]
        last = max(readers, default=0)
        unable = [layer for layer in range(last + 1) if turns.steps[layer] is None]
        if turns.ring_operand(self.pushed) is None or unable or last >= MAX_LAYERS:
            where = self.graph.operators[unable[0] if unable else min(readers, default=0)].where
            problem = Problem(where, "does not read it by rows")
            cure = "leave out --input rows; where a library was asked for, --backend auto may find a kernel that does"
            raise GencError("the input cannot arrive row by row", [problem], cure=cure)
        return last + 1

    def _turns_work(self, begin: int, style: Style, layer: int) -> tuple[float, float]:
        """Estimated instructions that turns cost a layer: its calls beyond the first; a test with each turn."""
        timeline = self.timeline(begin, style)
        turns, step = timeline.blocks[layer].count, timeline.steps[layer]
        if step not in self._weights:
            pick = self.picks.get(self.graph.operators[layer])
            priced = pick is not None and pick.candidate.by_calls is not None
            weights = (v.array.nbytes for c in step.calls for _, v in c.params if isinstance(v, Constant))
            self._weights[step] = 0 if priced else sum(weights)
        call = CALL_INSTRUCTIONS * len(step.calls) + WEIGHT_INSTRUCTIONS * self._weights[step]
        return (turns - 1) * call, turns * TEST_INSTRUCTIONS

    def layer_work(self, segment: Segment, layer: int, kernel: Candidate) -> float:
        """Estimated instructions of a layer in a segment."""
        if not segment.streamed:
            return kernel.instructions
        again, tests = self._turns_work(segment.begin, segment.style, layer)
        return kernel.work(self.block_rows(layer, segment.style)) + again + tests * (segment.end - layer)

    # ---- plans --------------------------------------------------------------------------

    def _kernels(self, option: Option, limit_bytes: float) -> tuple[float, tuple[Candidate, ...]] | None:
        """The cheapest kernels of a segment within a limit, and what they cost beyond the fastest; None: none fit."""
        if not option.segment.streamed:
            return 0.0, option.kernels
        extra, kernels, left = 0.0, [], limit_bytes - option.bytes
        for layer in range(option.segment.begin, option.segment.end):
            for scratch_bytes, price, kernel in self.prices[option.segment.style][layer]:
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
                if option.bytes > limit_bytes or before + option.least >= best[end][0] or option in without:
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
            timeline = self.timeline(segment.begin, segment.style)
            rings = self.rings(segment.begin, segment.end, segment.style)
            moments.append(Moment(layers, together, timeline, rings.rows, rings.aliases, rings.ahead))
        return moments


def _shared_scratch(candidate: Candidate) -> int:
    """Scratch that a kernel shares with the others of its segment."""
    return max((c.scratch_bytes for c in candidate.calls), default=0)


def _name(pick: Pick) -> str:
    return pick.candidate.calls[0].kernel
