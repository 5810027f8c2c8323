"""One file for each adapter of the registry, named as it is: the valid input that the contract suite cuts, damages and repeats."""
