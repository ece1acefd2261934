"""How good synthetic images are: functions of sets of images, and a report of all of them.

Everything is computed from the images at hand, without downloaded weights: a small classifier of
the real training images gives the features, or their principal components where there are no
labels.
"""

from synth_dl.images.evaluation.suite import evaluate_images
from synth_dl.metrics.page.writing import write_report
from synth_dl.metrics.report import Metric, Report

__all__ = ["Metric", "Report", "evaluate_images", "write_report"]
