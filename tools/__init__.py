"""Scripts of the developers; `make help` says which."""
