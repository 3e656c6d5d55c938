"""What gen-c tells people and scripts: summary of a generation, inspection of a model, lists of what there is."""
