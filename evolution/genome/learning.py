"""How a student moves toward its teacher and the centre of the swarm.

The competitive swarm optimiser (Cheng and Jin 2015, doi 10.1109/TCYB.2014.2322602) as Ye et al.
(ICLR 2026) use it:

    student + step (teacher - student) + pull (centre - student)

with step uniform in [0, reach] and pull uniform in [0, centre]. *Choice*: candidates have no
velocity. With a reach of 2 a student may overshoot its teacher by as much as it was away from it;
measured on the ZDT problems, that does as well as a velocity, and a checkpoint of thousands of
rules is half as large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evolution.genome.genome import RuleGenome, Vector

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Pull:
    """How far a student moves.

    Parameters
    ----------
    reach
        Largest step toward the teacher, in units of the distance.
    centre
        Largest step toward the centre of the swarm.
    """

    reach: float
    centre: float

    def move(
        self,
        student: Matrix,
        teacher: Matrix,
        centre: Matrix,
        step: Matrix,
        rng: np.random.Generator,
    ) -> Matrix:
        """Return the new position of a student; shapes broadcast.

        Parameters
        ----------
        student, teacher, centre
            Positions.
        step
            Uniform random numbers in [0, 1], how far to go toward the teacher.
        rng
            Generator that draws how far to go toward the centre.
        """
        toward_teacher = self.reach * step * (teacher - student)
        toward_centre = self.centre * rng.random(step.shape) * (centre - student)
        return student + toward_teacher + toward_centre


class Learning(Protocol):
    """Moves students; can be pickled. The caller clips positions to the bounds."""

    def learn(
        self,
        students: Matrix,
        teachers: Matrix,
        swarm: Matrix,
        pull: Pull,
        rng: np.random.Generator,
    ) -> Matrix:
        """Return the students' new positions, shape (n_students, n_variables).

        Parameters
        ----------
        students, teachers
            Pairs, one per row.
        swarm
            All candidates, shape (n_candidates, n_variables).
        pull
            How far to move.
        rng
            Source of random numbers.
        """


class BoxLearning:
    """Real variables, each of which moves by its own step."""

    def learn(
        self,
        students: Matrix,
        teachers: Matrix,
        swarm: Matrix,
        pull: Pull,
        rng: np.random.Generator,
    ) -> Matrix:
        """Return the students' new positions (see `Learning`)."""
        step = rng.random(students.shape)
        return pull.move(students, teachers, swarm.mean(axis=0), step, rng)


class RuleLearning:
    """Rules learn terms, and move the coefficients of the terms that they share.

    Gates. The result of the formula, clipped to [0, 1], is the probability that the gate is open: a
    term that only the teacher has is adopted with probability 1 - 1 / (2 reach), a term that only
    the student has is dropped with the same probability, and a term that neither has but many in
    the swarm do may appear.

    Coefficients. An adopted term takes the teacher's. A term that both have moves, equally often
    with one step for all synapse types and with one for each (*choice*), so that patterns over
    types are kept or mixed. Its centre is the mean over the rules with the term. All others stay.

    Time constants move on a logarithmic scale, the threshold on a linear one.

    Parameters
    ----------
    genome
        The layout of the vectors.
    """

    def __init__(self, genome: RuleGenome) -> None:
        self.genome = genome

    def learn(
        self,
        students: Matrix,
        teachers: Matrix,
        swarm: Matrix,
        pull: Pull,
        rng: np.random.Generator,
    ) -> Matrix:
        """Return the students' new positions (see `Learning`)."""
        genome = self.genome
        centre = self._centre(swarm)
        pairs = zip(genome.logarithmic(students), genome.logarithmic(teachers), strict=True)
        moved = np.stack([self._learn(s, t, centre, pull, rng) for s, t in pairs])
        return genome.exponential(moved)

    def _centre(self, swarm: Matrix) -> Vector:
        """Return the swarm's mean; for a term's coefficients, the mean over the rules with it."""
        centre = np.asarray(self.genome.logarithmic(swarm).mean(axis=0))
        gates = swarm[:, self.genome.layout["gates"]] > 0
        for k in np.flatnonzero(gates.any(axis=0)):
            block = self.genome.blocks[k]
            centre[block] = swarm[gates[:, k], block].mean(axis=0)
        return centre

    def _learn(
        self, student: Vector, teacher: Vector, centre: Vector, pull: Pull, rng: np.random.Generator
    ) -> Vector:
        genome = self.genome
        gates, coefficients = genome.layout["gates"], genome.layout["coefficients"]
        moved = pull.move(student, teacher, centre, self._steps(rng), rng)
        is_open = rng.random(gates.stop - gates.start) < moved[gates]
        had, taught = student[gates] > 0, teacher[gates] > 0
        moves, adopted = genome.per_coefficient(had & taught), genome.per_coefficient(taught & ~had)
        moved[coefficients] = np.where(
            moves,
            moved[coefficients],
            np.where(adopted, teacher[coefficients], student[coefficients]),
        )
        moved[gates] = is_open
        return moved

    def _steps(self, rng: np.random.Generator) -> Vector:
        steps = rng.random(self.genome.n_variables)
        for block in self.genome.blocks:
            if rng.random() < 0.5:
                steps[block] = steps[block.start]
        return steps
