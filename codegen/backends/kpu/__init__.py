"""The back-end for the KPU of the K210."""
