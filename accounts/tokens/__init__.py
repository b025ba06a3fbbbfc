"""Personal API tokens: named, scoped, expiring; each opens JSON endpoints and nothing else."""
