"""Tests of gen-c.  A package, so that `tests.support` is found before any stranger of that name."""
