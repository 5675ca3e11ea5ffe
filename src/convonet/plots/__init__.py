"""Figures from results: numbers are computed first, drawn second. Loads matplotlib, never pyplot."""

from .confusion import MatrixCells, draw_matrix, matrix_cells, matrix_figure
from .curves import Curves, combined_figure, curves_figure, curves_of, draw_curve
from .explaining import DeletionCurves, heat_figure, overlay
from .figures import new_figure, save_figure
from .fonts import Fonts, find_fonts
from .hyper_table import TableRow, table_figure, table_rows
from .layers import dream_figure, filters_figure, maps_figure
from .plotter import Plotter
from .ranking import ranking_figure, ranking_lines
from .rates import finder_figure, rates_figure
from .registry import PLOTS, Plot
from .reliability import reliability_figure, reliability_points
from .results import save_calibration, save_confusion, save_hyper_params, save_ranking, save_train_val_plots
from .samples import mistakes_figure, pick_samples, samples_figure
from .search import SearchTable, importance_of, parallel_axes, search_table
from .study import study_case_figure, study_cases, study_figure

__all__ = [
    "PLOTS",
    "Curves",
    "DeletionCurves",
    "Fonts",
    "MatrixCells",
    "Plot",
    "Plotter",
    "SearchTable",
    "TableRow",
    "combined_figure",
    "curves_figure",
    "curves_of",
    "draw_curve",
    "draw_matrix",
    "dream_figure",
    "filters_figure",
    "find_fonts",
    "finder_figure",
    "heat_figure",
    "importance_of",
    "maps_figure",
    "matrix_cells",
    "matrix_figure",
    "mistakes_figure",
    "new_figure",
    "overlay",
    "parallel_axes",
    "pick_samples",
    "ranking_figure",
    "ranking_lines",
    "rates_figure",
    "reliability_figure",
    "reliability_points",
    "samples_figure",
    "save_calibration",
    "save_confusion",
    "save_figure",
    "save_hyper_params",
    "save_ranking",
    "save_train_val_plots",
    "search_table",
    "study_case_figure",
    "study_cases",
    "study_figure",
    "table_figure",
    "table_rows",
]
