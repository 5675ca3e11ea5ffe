"""Reports: a run or a look at images as one HTML file that holds all it shows and asks no network for anything."""
