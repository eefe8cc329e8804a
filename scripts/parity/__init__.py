"""The proof that all frameworks train the same network: first steps, a NumPy reference, the certificate."""
