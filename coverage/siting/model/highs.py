"""The only door to the HiGHS solver: a mixed-integer model in, an answer with its bound out.

HiGHS can return the columns of one solution beside the objective and the bound of another (seen with a
start and presolve). So every answer is recomputed from its columns here; where they do not give the
objective, or do not keep the rows, the program is solved once more, without a start and with the other
presolve.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import highspy
import numpy as np
from scipy import sparse

from coverage.siting.goals import Progress, Watch, gap_of
from coverage.siting.model.arrays import Bools, Floats

_THREADS = 2
_SAME = 1e-7
# How far the columns may miss the objective or a row before the answer is not believed (relative).
_MISSED = 1e-6
_LOG: Final = logging.getLogger("service_circle.siting")
_ASIDE: Final = {
    "threads": 1,
    "presolve": "off",
    "mip_allow_restart": False,
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}


@dataclass(frozen=True, eq=False)
class Program:
    """maximise (or minimise) cost·v + offset, row_low ≤ matrix·v ≤ row_high, low ≤ v ≤ high."""

    cost: Floats
    matrix: sparse.csr_array
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats
    integer: Bools
    maximises: bool
    offset: float = 0.0


@dataclass(frozen=True)
class Limits:
    """When to stop, and whom progress is reported to; `started` is on the clock of `time.perf_counter`.

    `careful`: programs are solved without a start and without presolve (after a plan that did not hold).
    """

    seconds: float
    gap: float = 0.0
    seed: int = 0
    watch: Watch = field(default_factory=Watch)
    started: float = field(default_factory=time.perf_counter)
    careful: bool = False

    def left(self) -> float:
        """Seconds that remain; 0 also when the caller has cancelled."""
        if self.watch.cancelled():
            return 0.0
        return max(0.0, self.seconds - (time.perf_counter() - self.started))

    def part(self, share: float) -> Limits:
        """Limits that end after a share of the time left."""
        return replace(self, seconds=self.seconds - (1.0 - share) * self.left())

    def report(self, objective: float, bound: float, maximises: bool) -> None:
        elapsed = time.perf_counter() - self.started
        self.watch.progress(Progress(objective, bound, gap_of(objective, bound, maximises), elapsed))


@dataclass(frozen=True, eq=False)
class Answer:
    """`values` is None when no solution was found; `proven` also covers proved infeasibility."""

    values: Floats | None
    objective: float
    bound: float
    proven: bool
    infeasible: bool = False

    def sites_open(self, count: int) -> Bools:
        """(count,) the first variables, which stand for sites, as open or not; none without values."""
        return np.zeros(count, bool) if self.values is None else self.values[:count] > 0.5


def _take_banner() -> None:
    """Let HiGHS print its banner into nothing.

    The first solver of a process writes two lines to standard output before any option can be set;
    a front door that writes JSON there cannot have them. Done while this module is imported, so
    that nobody else is writing.
    """
    try:
        screen = os.dup(1)
    except OSError:  # started without a standard output: nothing to keep clean
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(screen, 1)
        os.close(screen)
        os.close(nowhere)


_take_banner()


def solve(
    program: Program,
    limits: Limits,
    start: Floats | None = None,
    target: float | None = None,
    *,
    aside: bool = False,
) -> Answer:
    """Solve with branch and cut, from `start` if given; at most the time that is left.

    `aside` is for small programs solved beside other work: one thread, nobody is told, and straight to
    the tree. With `target` it ends as soon as it is known whether an objective that good can be reached.
    """
    if not len(program.cost):  # nothing is left to decide
        if (program.row_low <= 1e-9).all() and (program.row_high >= -1e-9).all():
            return Answer(np.zeros(0), program.offset, program.offset, proven=True)
        return Answer(None, np.nan, np.nan, proven=True, infeasible=True)
    options = dict(_ASIDE) if aside else {}
    if limits.careful:
        start, options = None, options | {"presolve": "off"}
    answer = _run(program, limits, options, start, target, silent=aside)
    missed = _mismatch(program, answer, start)
    if not missed:
        return answer
    _LOG.info("solver answer mended: %s; solved again without a start", missed)
    other = {"presolve": "on" if options.get("presolve") == "off" else "off"}
    answer = _run(program, limits, options | other, None, target, silent=aside)
    missed = _mismatch(program, answer, start)
    if missed:
        _LOG.warning("the second answer does not hold either (%s): not taken as a proof", missed)
        return replace(answer, proven=False, infeasible=False)
    return answer


def _run(
    program: Program,
    limits: Limits,
    options: Mapping[str, object],
    start: Floats | None,
    target: float | None,
    *,
    silent: bool,
) -> Answer:
    solver = _solver(limits, options)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = program.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.low, program.high
    lp.row_lower_, lp.row_upper_ = program.row_low, program.row_high
    lp.sense_ = highspy.ObjSense.kMaximize if program.maximises else highspy.ObjSense.kMinimize
    lp.offset_ = program.offset
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.matrix.indptr
    lp.a_matrix_.index_ = program.matrix.indices
    lp.a_matrix_.value_ = program.matrix.data
    if program.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in program.integer.astype(int)]
    solver.passModel(lp)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    sign = 1.0 if program.maximises else -1.0

    def on_look(event: highspy.HighsCallbackEvent) -> None:
        found, bound = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        if not silent:
            limits.report(found, bound, program.maximises)
        decided = target is not None and (sign * found >= sign * target or sign * bound < sign * target)
        if decided or limits.watch.cancelled():
            event.interrupt()

    if target is not None or limits.watch != Watch():
        solver.cbMipInterrupt += on_look
    solver.run()
    return _answer(solver, program)


def _mismatch(program: Program, answer: Answer, start: Floats | None) -> str:
    """What contradicts the answer; empty where nothing does."""
    if answer.values is None:
        contradicted = answer.infeasible and start is not None and keeps_rows(program, start)
        return "a known start meets what is called infeasible" if contradicted else ""
    value = objective_of(program, answer.values)
    if abs(value - answer.objective) > _MISSED * max(1.0, abs(value)):
        return f"objective {answer.objective:g}, its columns give {value:g}"
    return "" if keeps_rows(program, answer.values) else "a row is not kept"


def objective_of(program: Program, values: Floats) -> float:
    return float(program.cost @ values) + program.offset


def keeps_rows(program: Program, values: Floats) -> bool:
    """Whether the values are within their limits and keep every row, up to rounding."""
    used = program.matrix @ values
    slack = _MISSED * np.maximum(1.0, abs(program.matrix) @ np.abs(values))
    rows = (used >= program.row_low - slack) & (used <= program.row_high + slack)
    columns = (values >= program.low - _MISSED) & (values <= program.high + _MISSED)
    return bool(rows.all() and columns.all())


def _solver(limits: Limits, more: Mapping[str, object]) -> highspy.Highs:
    highspy.Highs.resetGlobalScheduler(True)
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": _THREADS,
        "random_seed": limits.seed,
        "time_limit": max(limits.left(), 0.01),
        "mip_rel_gap": limits.gap,
        "mip_abs_gap": 1e-9,
        "mip_feasibility_tolerance": 1e-7,
    }
    for name, value in (options | dict(more)).items():
        solver.setOptionValue(name, value)
    return solver


def _answer(solver: highspy.Highs, program: Program) -> Answer:
    status = solver.getModelStatus()
    worst = np.inf if program.maximises else -np.inf
    info = solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, -worst, worst, proven=True, infeasible=True)
    has_bound = program.integer.any() or status == highspy.HighsModelStatus.kOptimal
    bound = info.mip_dual_bound if program.integer.any() else info.objective_function_value
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Answer(None, -worst, bound if has_bound else worst, proven=False)
    values = np.array(solver.getSolution().col_value)
    values[program.integer] = np.round(values[program.integer])
    objective = info.objective_function_value
    # “Optimal” only means within the wanted gap.
    met = abs(bound - objective) <= _SAME * max(1.0, abs(objective))
    proven = status == highspy.HighsModelStatus.kOptimal and met
    return Answer(values, objective, bound if has_bound else worst, proven)
