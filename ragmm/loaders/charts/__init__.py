"""Charts read as charts: which printed value belongs to which label, told from where the words stand."""
