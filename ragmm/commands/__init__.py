"""The commands of `ragmm`, grouped by subject: each parses, calls one library function and shows what came back."""
