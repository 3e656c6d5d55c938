"""Where state lives, and how its next value gets there.

Problem: the value that a state has at the end of a run must lie, when the next run starts, where the
operators read it; and it must survive between runs, which the arena does not.
Method: the memory in which a state's value lies is a home in the state part, never shared with the
arena.  The next value is computed right there whenever its producer comes after the last reader of
the value, or works in place on it; the rules are those of overlap.py.  Else it is copied there at the
end of the run.  A ring buffer, value and news joined and the last rows kept, needs nothing special:
views.py lets the value lie in the joined tensor, which becomes the home, so that the news are
produced behind the old rows and the copy is a shift inside the home.  When that keeps more memory
alive than it saves copying, the value gets a home of its own size and is copied twice.
Guarantee: what a sink holds stays until the end, and each next value ends where its value starts,
provided that layers which touch the state part run whole, in the order of the graph.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from codegen.ir import Graph, Operator, State, Tensor
from codegen.ir.ops import Copy, Reshape, Slice, Split
from codegen.schedule.lifetimes import Body, find_bodies
from codegen.schedule.moments import Moment
from codegen.schedule.overlap import forbidden
from codegen.schedule.pick import Pick
from codegen.schedule.views import Views, find_views


@dataclass(frozen=True, eq=False)
class StatePart:
    """The memory that survives between runs.

    Attributes:
        offsets: every tensor that lies in it -> bytes from its start.
        bytes: size.
        align: alignment, bytes.
    """

    offsets: dict[Tensor, int] = field(default_factory=dict)
    bytes: int = 0
    align: int = 1


@dataclass(frozen=True, eq=False)
class Layout:
    """What shares memory, and what of it is state.

    Attributes:
        graph: with the copies that keep states.
        views: the forest of shared memory.
        state: the memory of the states.
        arena_bytes: estimate of what the arena needs.
    """

    graph: Graph
    views: Views
    state: StatePart
    arena_bytes: int


def separate_sinks(graph: Graph) -> Graph:
    """`graph`, with a copy of each output and each next value that is a piece of a state that will be overwritten.

    Outputs are copied at once, so that the state is free to change.  Next values are copied at the end; the copies
    that read a state stand before the one that may overwrite it.
    """
    pieces = _pieces_of_states(graph)
    outputs = {t: _copy(t, "output") for t in graph.outputs if t in pieces}
    moves = {s: pieces[s.next] for s in graph.states if pieces.get(s.next, s) is not s}
    nexts = {state: _copy(state.next, "state") for state in _readers_first(moves)}
    early: list[Operator] = [outputs[t] for t in graph.sources if t in outputs]
    for op in graph.operators:
        early += [op, *(outputs[t] for t in op.outputs if t in outputs)]
    return replace(
        graph,
        outputs=[outputs[t].y if t in outputs else t for t in graph.outputs],
        operators=[*early, *nexts.values()],
        states=[replace(s, next=nexts[s].y) if s in nexts else s for s in graph.states],
    )


def _pieces_of_states(graph: Graph) -> dict[Tensor, State]:
    """The tensors that may lie in the memory of a state that changes, and nowhere else."""
    pieces = {state.value: state for state in graph.states if state.next is not state.value}
    for op in graph.operators:
        if isinstance(op, Reshape | Slice | Split) and op.x in pieces:
            pieces.update(dict.fromkeys(op.outputs, pieces[op.x]))
    return pieces


def _copy(tensor: Tensor, source: str) -> Copy:
    twin = Tensor(tensor.name, tensor.shape, tensor.dtype, tensor.quant)
    return Copy(inputs=[tensor], outputs=[twin], name=tensor.name, source=source)


def _readers_first(moves: dict[State, State]) -> list[State]:
    """The states in `moves` (state -> the one that its next value is read from), each after those that read it."""
    order: list[State] = []
    waiting = dict(moves)
    while waiting:
        read = set(waiting.values())
        ready = [state for state in waiting if state not in read] or list(waiting)[:1]
        order += ready
        for state in ready:
            del waiting[state]
    return order


def store_operators(graph: Graph) -> dict[State, Copy]:
    """For each state that changes, the operator that would copy its next value home."""
    return {state: _copy(state.next, "state") for state in graph.states if state.next is not state.value}


def lay_out(graph: Graph, picks: dict[Operator, Pick], stores: dict[State, Copy]) -> Layout:
    """Decide what shares memory, and for each state how its next value gets home.

    Args:
        graph: with separated sinks, without stores.
        picks: kernels of its operators and of the stores.
        stores: of store_operators.
    """
    apart: set[Tensor] = set()
    layout = _settle(graph, picks, stores, apart)
    for value in sorted((s.value for s in graph.states), key=lambda t: -t.bytes):
        home_bytes = layout.views.root(value)[0].bytes
        if home_bytes < 2 * value.bytes:  # no more can be saved than would be copied
            continue
        other = _settle(graph, picks, stores, apart | {value})
        saved_bytes = layout.state.bytes + layout.arena_bytes - other.state.bytes - other.arena_bytes
        if saved_bytes >= value.bytes:
            apart.add(value)
            layout = other
    return layout


def _settle(graph: Graph, picks: dict[Operator, Pick], stores: dict[State, Copy], apart: Collection[Tensor]) -> Layout:
    """The layout with the fewest stores, given the values that shall have a home of their own."""
    direct = {state for state in stores if not state.next.is_constant}
    alone = set(apart)
    while True:
        needed = {state: copy for state, copy in stores.items() if state not in direct}
        layout, homeless = _attempt(graph, picks, needed, alone)
        if not homeless:
            return layout
        alone |= {state.value for state in homeless - direct}
        direct -= homeless


def _attempt(
    graph: Graph, picks: dict[Operator, Pick], stores: dict[State, Copy], apart: set[Tensor]
) -> tuple[Layout, set[State]]:
    """The layout with certain stores, and the states whose next value does not come home."""
    states = {s: replace(s, next=stores[s].y) if s in stores else s for s in graph.states}
    graph = replace(graph, operators=[*graph.operators, *stores.values()], states=list(states.values()))
    views = find_views(graph, picks, apart)
    calls = [views.remaining_calls(op, picks[op].candidate.calls) if op in picks else () for op in graph.operators]
    moments = [Moment(range(index, index + 1), of_layer) for index, of_layer in enumerate(calls)]
    homes = _Homes(graph, find_bodies(graph, views, moments), moments)
    homeless = {state for state, now in states.items() if not homes.take_in(now)}
    return Layout(graph, views, homes.state_part(), homes.arena_bytes()), homeless


@dataclass(eq=False)
class _Home:
    """Memory in the state part.

    Attributes:
        root: the body in which the values of states lie; it starts where the home starts.
        members: all bodies that take turns here -> bytes from the start of the home.
    """

    root: Body
    members: dict[Body, int] = field(default_factory=dict)

    @property
    def align(self) -> int:
        """Alignment that serves all members, bytes."""
        return max(body.align for body in self.members)


class _Homes:
    """The state part while it is filled."""

    def __init__(self, graph: Graph, bodies: Sequence[Body], moments: Sequence[Moment]) -> None:
        self._bodies, self._moments = bodies, moments
        self._owner = {tensor: body for body in bodies for tensor in body.starts}
        roots = dict.fromkeys(self._owner[state.value] for state in graph.states)
        self._home = {root: _Home(root, {root: 0}) for root in roots}

    def take_in(self, state: State) -> bool:
        """Let the next value of a state lie where its value lies; False when it cannot."""
        root, body = self._owner[state.value], self._owner[state.next]
        home, start = self._home[root], root.starts[state.value]
        if body in self._home:
            return self._home[body] is home and home.members[body] + body.starts[state.next] == start
        whole = body.bytes == state.value.bytes and start % body.align == 0
        if not whole or not all(self._may_follow(member, at, body, start) for member, at in home.members.items()):
            return False
        home.members[body] = start
        self._home[body] = home
        return True

    def _may_follow(self, member: Body, at: int, body: Body, start: int) -> bool:
        """True when a body may take the place `start` of a home in which another lies at `at`."""
        return not any(low <= start - at < high for low, high in forbidden(member, body, self._moments))

    def state_part(self) -> StatePart:
        """The homes side by side, those of large alignment first."""
        offsets: dict[Tensor, int] = {}
        end = 0
        homes = sorted(dict.fromkeys(self._home.values()), key=lambda home: -home.align)
        for home in homes:
            begin = -(-end // home.align) * home.align
            for body, at in home.members.items():
                offsets.update({tensor: begin + at + inside for tensor, inside in body.starts.items()})
            end = begin + home.root.bytes
        return StatePart(offsets, end, max((home.align for home in homes), default=1))

    def arena_bytes(self) -> int:
        """The most bytes outside the state part that are live at one moment."""
        spans = [span for body in self._bodies if body not in self._home for span in body.spans]
        ends = {moment for span in spans for moment in (span.first, span.last)}
        return max((sum(s.end - s.start for s in spans if s.first <= m <= s.last) for m in ends), default=0)
