"""The schedule: graph and back-ends -> Program, the static layer list.

    graph ── order ──> which branch first ── pick, flash ──> kernels on offer ── views, states ──> what shares memory
          ── segments, rows ──> what runs row by row ── lifetimes ──> bodies ── overlap ──> how they may lie
          ── bound, offsets, split ──> where they lie ── choice ──> the best of some such plans ── proof ──> Program

:func:`schedule` is the story; each room states its problem, its method and what it guarantees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from codegen.backends import Backend
from codegen.backends.candidate import Core
from codegen.errors import GencError
from codegen.ir import Graph
from codegen.schedule.choice import best_program
from codegen.schedule.constants import copy_constant_outputs
from codegen.schedule.flash import affordable
from codegen.schedule.goal import DEFAULT_GOAL, FLASH, Goal
from codegen.schedule.order import reordered
from codegen.schedule.pick import cheapest, least_flash, offered_kernels
from codegen.schedule.program import Program
from codegen.schedule.proof import PlanError, verify_plan
from codegen.schedule.push import open_input
from codegen.schedule.segments import Planner
from codegen.schedule.states import lay_out, separate_sinks, store_operators

__all__ = ["DEFAULT_GOAL", "Goal", "PlanError", "schedule", "verify_plan"]


def schedule(graph: Graph, backends: Sequence[Backend], core: Core, goal: Goal = DEFAULT_GOAL) -> Program:
    """Choose kernels, cut the network into segments and place every tensor.

    Args:
        graph: lowered; not changed.
        backends: in order of preference.
        core: the processor, for the back-ends.
        goal: what to aim for.

    Raises:
        GencError: every operator that no back-end can compute; a goal that cannot be reached.
    """
    graph, left_out = open_input(graph) if goal.input_rows else (graph, ())
    graph = separate_sinks(copy_constant_outputs(graph))
    stores = store_operators(graph)
    offers = offered_kernels(replace(graph, operators=[*graph.operators, *stores.values()]), backends, core)
    offers = least_flash(offers) if goal.optimize == FLASH else affordable(offers, goal.constants_bytes)
    picks = {op: cheapest(candidates, flash=goal.optimize == FLASH) for op, candidates in offers.items()}
    pushed = graph.inputs[0] if goal.input_rows else None

    def planned(ordered: Graph) -> Program:
        """The program for one order of the operators."""
        layout = lay_out(ordered, picks, stores)
        planner = Planner(layout.graph, layout.views, picks, offers, pushed, layout.state, goal.fast_bytes, left_out)
        return best_program(planner, goal)

    program = _smallest(planned, _orders(graph))
    verify_plan(program)
    return program


def _orders(graph: Graph) -> list[Graph]:
    """The orders to try: the given one, and another if it may be better; where a state lies depends on the order."""
    other = graph if graph.states else reordered(graph)
    return [graph] if other is graph else [graph, other]


def _smallest(planned: Callable[[Graph], Program], orders: list[Graph]) -> Program:
    """The smallest program for any of the orders.

    Raises:
        GencError: there is none for the last order, and none for the others.
    """
    programs = [program for graph in orders if (program := _try(planned, graph))]
    return min(programs, key=lambda program: program.activation_bytes) if programs else planned(orders[-1])


def _try(planned: Callable[[Graph], Program], graph: Graph) -> Program | None:
    """The program for an order, or None when it does not meet the goal."""
    try:
        return planned(graph)
    except GencError:
        return None
