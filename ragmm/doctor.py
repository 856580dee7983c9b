"""Whether this machine, this installation and a collection are fit for work: one finding a line, with its remedy."""
