"""A session whose images, models and workers are another machine's, asked over HTTP."""
