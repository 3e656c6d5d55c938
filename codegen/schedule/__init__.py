"""The schedule: picks kernels, views, offsets; graph + candidates -> Program."""
