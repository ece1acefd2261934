"""Distributions of one column in numbers: densities, both tails, and quantiles of normal noise."""
