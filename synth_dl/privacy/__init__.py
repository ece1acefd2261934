"""Differential privacy: mechanisms, accounting, what to measure. Knows numpy and no model."""
