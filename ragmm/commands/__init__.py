"""The commands of `ragmm`, one a file and named after it: each parses, calls one library function, shows the result."""
