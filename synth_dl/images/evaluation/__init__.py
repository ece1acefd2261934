"""How good synthetic images are: functions of sets of images, and a report of all of them.

Everything is computed from the images at hand, without downloaded weights: a small classifier of
the real training images gives the features, or their principal components where there are no
labels.
"""

from synth_dl.images.evaluation.report import ImageReport, write_image_report
from synth_dl.images.evaluation.suite import evaluate_images

__all__ = ["ImageReport", "evaluate_images", "write_image_report"]
