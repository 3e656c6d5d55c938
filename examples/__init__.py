"""Networks of our own, from training to C."""
