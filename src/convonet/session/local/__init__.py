"""The images, models and workers of this machine."""
