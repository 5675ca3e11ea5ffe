"""The tutorial: one tab for each of the four ways of work."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QTabWidget, QTextBrowser, QWidget

from convonet.desktop.widgets.basic import button, column, resize_within_screen, row

SCENARIOS: tuple[tuple[str, str], ...] = (
    (
        "1  Train",
        """<h3>Train a network on your images</h3>
<ol>
<li><b>App › Load Data Params</b>, or <b>App › Load Training Dataset</b> and choose a folder with one folder
per class. The <i>Data</i> page shows ten samples, the number of images, and skipped files.</li>
<li>Open the <i>Train</i> page. It shows the plan for your images: with <i>Balanced</i>, several networks are tried
and the best one is kept. Click <b>Train</b>. <b>Stop</b> keeps finished work.</li>
<li>The <i>Summary</i> shows the test accuracy, what was tried, and what you can do next. <b>Apply and train again</b>
applies a piece of advice in a new run. Every run is kept.</li>
<li>To train a network of your own, use <b>App › Load Hyper Params</b> or <b>Tasks › Edit Hyper Params</b>. Empty fields
use the default shown in gray. <b>Tasks › Initialize New Network Model</b> shows the layers.</li>
<li>If the validation accuracy stays well below the training accuracy, the network is overfitting: try more dropout,
fewer units or more images. Change a value and train again.</li>
</ol>""",
    ),
    (
        "2  Tune",
        """<h3>Search for the best values</h3>
<ol>
<li>Enter several values, separated by commas, such as <i>0.02, 0.01</i> for the learning rate.</li>
<li><b>Tasks › Tuning</b> trains every combination with cross-validation. <b>Stop Tuning Task</b> keeps the table of
what was tried.</li>
<li>Select the best row, click <b>Use these values</b>, and train with them.</li>
</ol>
<p>The <i>Tune</i> page has the options: type of search, objective, folds, and number of images.</p>""",
    ),
    (
        "3  Test",
        """<h3>Test now or later</h3>
<ol>
<li><b>App › Load Test Dataset</b>: images that were never used for training.</li>
<li><b>Tasks › Evaluation</b> shows accuracy and loss, with the confidence interval of the accuracy, next to the
accuracy of always predicting the most common class.</li>
<li><b>Tasks › Prediction</b> shows the confusion matrix. Click a cell to see its images; double-click an image to
enlarge it and see its probabilities.</li>
<li><b>App › Save Network Model</b> saves the model under a name of your choice. Later, load the parameters, the model
and the test set, and test again. Class names and pixel scaling are stored in the file.</li>
<li>On the <i>Use</i> page, drop new images, or draw a digit.</li>
<li>Among the mistakes, mark images whose label is wrong, and train again. <i>Explain</i> shows what the model
looks at; <b>Tools › Check the Images</b> finds duplicates, leaks and other problems.</li>
</ol>""",
    ),
    (
        "4  Other images",
        """<h3>Other images: larger, in color, with other classes</h3>
<ol>
<li>Load a training folder with other images and classes, such as lung scans. Images may have any size and shape.</li>
<li>Set the <i>image size</i> in the data parameters: 224 shows more detail than 28 and takes 64 times as long.</li>
<li>Look at <i>Data › Sizes and pixels</i>, and at the layers on <i>Network</i>: most of the parameters are in the first
dense layer. Larger images need more pooling or fewer units.</li>
<li>Images are decoded once and read from disk, so a set can be larger than memory.</li>
<li>If the test folders have different names for the same classes, the <i>Data</i> page offers to match them.</li>
</ol>""",
    ),
)


_STYLE = "li { margin-bottom: 9px; line-height: 135%; } h3 { margin-bottom: 12px; }"


class TutorialDialog(QDialog):
    """Stays open beside the window.

    Signals:
        tour_wanted: the steps of a scenario are to be shown over the window; carries its title.
    """

    tour_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tutorial")
        resize_within_screen(self, 680, 520)
        tabs = self.tabs = QTabWidget()
        tabs.setAccessibleName("Workflows")
        for title, text in SCENARIOS:
            page = QTextBrowser()
            page.document().setDefaultStyleSheet(_STYLE)
            page.document().setDocumentMargin(16)
            page.setHtml(text)
            page.setAccessibleName(title)
            tabs.addTab(page, title)
        self.show_button = button("Show me in the window", self._show_tour, primary=True)
        self.setLayout(column(tabs, row(self.show_button, None, button("Close", self.accept)), margin=16))

    def _show_tour(self) -> None:
        self.accept()
        self.tour_wanted.emit(self.tabs.tabText(self.tabs.currentIndex()))
