"""How good a synthetic table is: functions of two or three tables, and a report of all of them.

A metric is a function; its docstring says definition, unit, range, direction and the value that a
perfect generator gets. Nothing here knows a model: likelihood figures are handed in.
"""

from synth_dl.metrics.page.writing import write_report
from synth_dl.metrics.report import Metric, Report
from synth_dl.tables.evaluation.suite import evaluate

__all__ = ["Metric", "Report", "evaluate", "write_report"]
