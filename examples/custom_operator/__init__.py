"""A custom operator, from the model file to the chip: docs/custom_operators.md explains it."""
