"""The environment of each framework: env files, building, locking, auditing, and the doctor."""
