"""Looking after unattended runs: their journal, report, metrics, log, and whom they tell when they fail."""
