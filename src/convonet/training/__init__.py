"""Training: NetTraining and what it is made of."""
