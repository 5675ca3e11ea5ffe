"""What a person has loaded, what may be done next and why not, and what the work has told."""
