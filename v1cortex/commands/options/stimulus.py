"""Stimuli of `v1cortex simulate` by name, and the movie of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from v1cortex.errors import StimulusError
from v1cortex.stimuli import (
    Movie,
    drifting_grating,
    grating,
    gray_movie,
    load_image,
    load_movie,
    repeated,
    still_movie,
)
from validation.reference import Reference, load_reference

DEFAULT_MS = 2000
DRIFTING_MS = 5000
"""Ten cycles, enough to average over."""
TEMPORAL_FREQUENCY_HZ = 2.0


class Stimulus(StrEnum):
    """What the LGN sees."""

    gray = "gray"
    grating = "grating"
    drifting = "drifting"
    image = "image"
    movie = "movie"
    spontaneous = "spontaneous"
    none = "none"
    tuning = "tuning"


WITHOUT_PICTURE = (Stimulus.gray, Stimulus.spontaneous, Stimulus.none)
FROM_FILES = (Stimulus.image, Stimulus.movie)


@dataclass(frozen=True)
class StimulusOptions:
    """A stimulus and its options.

    Attributes
    ----------
    stimulus
        Name of the stimulus.
    duration_ms
        Length of one trial; None for 2000 ms, 5000 ms of a drifting grating, or a movie's own
        length.
    orientation_deg, contrast
        Orientation and contrast of a grating; the contrast also applies to image files.
    file
        Image or movie to show.
    frame_rate_Hz
        Frame rate of a movie.
    trials
        Number of repetitions.
    """

    stimulus: Stimulus
    duration_ms: int | None = None
    orientation_deg: float = 0.0
    contrast: float = 1.0
    file: Path | None = None
    frame_rate_Hz: float = 30.0
    trials: int = 1

    def __post_init__(self) -> None:
        if self.stimulus in FROM_FILES and self.file is None:
            raise StimulusError(f"stimulus '{self.stimulus}' needs a file: add --file PATH")
        if self.stimulus not in FROM_FILES and self.file is not None:
            raise StimulusError(
                f"stimulus '{self.stimulus}' takes no file; use --stimulus image or movie"
            )

        if self.stimulus is Stimulus.tuning and self.duration_ms is not None:
            raise StimulusError(
                "stimulus 'tuning' has gratings of 2 s with 0.5 s of gray; leave out --duration; "
                "--trials says how often each direction is shown"
            )

    @property
    def lgn(self) -> bool:
        """Whether the LGN is active; without it, neurons receive only their background."""
        return self.stimulus is not Stimulus.none

    def reference(self) -> Reference:
        """Return the mouse data with comparable rates.

        For a gray screen, rates of spontaneous activity, which was recorded with one, replace the
        rates during gratings.
        """
        reference = load_reference()
        return reference.spontaneous() if self.stimulus in WITHOUT_PICTURE else reference

    def trial(self, notes: list[str] | None = None) -> Movie:
        """Return the movie of one trial; assumptions about a file are added to `notes`."""
        usual_ms = DRIFTING_MS if self.stimulus is Stimulus.drifting else DEFAULT_MS
        duration_ms = self.duration_ms or usual_ms
        if self.stimulus is Stimulus.grating:
            return still_movie(grating(self.orientation_deg, contrast=self.contrast), duration_ms)
        if self.stimulus is Stimulus.drifting:
            return drifting_grating(
                self.orientation_deg,
                duration_ms,
                contrast=self.contrast,
                temporal_frequency_Hz=TEMPORAL_FREQUENCY_HZ,
            )
        if self.file is None:
            return gray_movie(duration_ms)
        if self.stimulus is Stimulus.image:
            return still_movie(load_image(self.file, contrast=self.contrast), duration_ms)
        return load_movie(
            self.file, self.frame_rate_Hz, self.duration_ms, contrast=self.contrast, notes=notes
        )

    def movie(self, notes: list[str] | None = None) -> Movie:
        """Return the movie of all trials; assumptions about a file are added to `notes`."""
        return repeated(self.trial(notes), self.trials)

    def period_ms(self, trial_ms: int) -> int:
        """Return the period for averaging rates: a trial, or a cycle of a drifting grating."""
        cycle_ms = round(1000 / TEMPORAL_FREQUENCY_HZ)
        if self.trials == 1 and self.stimulus is Stimulus.drifting and trial_ms >= cycle_ms:
            return cycle_ms
        return trial_ms
