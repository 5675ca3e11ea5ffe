"""What every face holds: what is loaded, what may be done next, and the workers at work."""
