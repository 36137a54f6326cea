"""Proof that each fault of the reference service is detected by exactly the checks it names."""
