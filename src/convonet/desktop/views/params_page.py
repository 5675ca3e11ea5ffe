"""Data and hyperparameters: forms that are read while they are typed; what is wrong is marked at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QMenu, QPushButton, QScrollArea, QWidget

from convonet.desktop.forms.editors import PathEditor
from convonet.desktop.forms.form import ParamForm
from convonet.desktop.forms.reading import data_texts, read_data, read_space, space_texts
from convonet.desktop.plan_preview import PlanPreview
from convonet.desktop.recipe_switch import RecipeSwitch
from convonet.desktop.views.backbone_cards import BackboneCards
from convonet.desktop.views.page import Page, PageContext
from convonet.desktop.views.preview_tab import PreviewTab
from convonet.desktop.widgets.basic import button, column, frame, label, row
from convonet.desktop.widgets.stacks import Tabs
from convonet.params import FAMILIES, DataParams, HyperParams, SearchSpace, fields_of, preset_names
from convonet.params.recipes import RECIPE_TITLES
from convonet.session.recipes import expert_values
from convonet.tasks import AugmentTask, FindRateTask
from convonet.text import counted


class ParamsPage(Page):
    """Two forms. What is right is taken over at once; a form with a fault is not, and says so."""

    title = "Parameters"
    parts = ("data", "hyper", "recipe")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self.lead.setText("Empty fields use the default shown in gray. Changes apply at once.")
        self._load, self._save, self._presets = self._make_buttons()
        self.data_form = ParamForm(fields_of(DataParams))
        self.hyper_form = ParamForm(fields_of(HyperParams))
        for made in (*self.data_form.rows.values(), *self.hyper_form.rows.values()):
            if isinstance(made.editor, PathEditor):
                made.editor.choose = self._choose_folder
        self.data_form.edited.connect(self._data_edited)
        self.hyper_form.edited.connect(self._hyper_edited)
        self.tabs = Tabs("Groups of parameters")
        self.tabs.addTab(_page(self.data_form), "Data")
        self.tabs.addTab(self._hyper_tab(), "Network and training")
        self.preview = PreviewTab(context.controller)
        self.tabs.addTab(self.preview, "Preview")
        context.controller.preview_wanted.connect(self._start_preview)
        self.tabs.currentChanged.connect(lambda _: self._tab_changed())
        self._count = label("", "bad")
        self.body.addWidget(self.tabs, 1)
        self.body.addWidget(self._count)
        self._tab_changed()

    def _hyper_tab(self) -> QWidget:
        self._family = label("", "muted", wrap=True)
        self._lists = label("", "muted", wrap=True)
        self.expert = button(
            "Set every value",
            lambda: self.controller.guard(lambda: RecipeSwitch.of(self.controller).choose("none")),
            tip="Expert: train one network with the values that you set. Initially, they are the plan's values",
        )
        self.cards = BackboneCards(self.controller)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search parameters")
        self.search.setAccessibleName("Search parameters")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(320)
        self.only_set = QCheckBox("Only values that are set")
        self._found = label("", "muted")
        self.search.textChanged.connect(lambda _: self._filter())
        self.only_set.toggled.connect(lambda _: self._filter())
        note = row(column(self._family, self._lists, gap=4), self.expert, gap=12, margin=10)
        note.setStretch(0, 1)
        line = row(self.search, self.only_set, None, self._found, gap=14)
        made = QWidget()
        made.setLayout(column(10, frame(note, "note"), self.cards, line, _scrolled(self.hyper_form), gap=8))
        return made

    def _make_buttons(self) -> tuple[QPushButton, QPushButton, QPushButton]:
        load, save, presets = QPushButton("Load …"), QPushButton("Save …"), QPushButton("Presets   ")
        load.clicked.connect(lambda: self._act("load"))
        save.clicked.connect(lambda: self._act("save"))
        menu = QMenu(presets)
        menu.addAction("For the loaded images", self._take_own_network)
        menu.addSeparator()
        for name in preset_names("hyper"):
            menu.addAction(name.replace("_", " "), lambda name=name: self._take_preset(name))  # type: ignore[misc]
        presets.setMenu(menu)
        presets.setToolTip("Hyperparameters that work well for certain kinds of images")
        self.add_buttons(presets, load, save)
        return load, save, presets

    def _choose_folder(self, present: str) -> Path | None:
        """On the machine that has the images."""
        asker = self.controller.ask
        return asker.folder("Choose a folder", present) if asker is not None else None

    def _act(self, verb: str) -> None:
        kind = "data" if self.tabs.currentIndex() == 0 else "hyper"
        self.controller.actions[f"{verb}_{kind}"].trigger()

    def _take_preset(self, name: str) -> None:
        self.controller.guard(lambda: self.context.files.take_preset(name))

    def _take_own_network(self) -> None:
        self.controller.guard(self.context.files.take_own_network)

    def _tab_changed(self) -> None:
        self._presets.setEnabled(self.tabs.currentIndex() == 1)

    def _start_preview(self, kind: str) -> None:
        starts = {
            AugmentTask.kind: self.preview.start_augment,
            FindRateTask.kind: self.preview.start_find_rate,
        }
        self.controller.guard(starts[kind])

    def open_part(self, part: str) -> None:
        if part == "preview":
            self.tabs.setCurrentWidget(self.preview)
            return
        self.tabs.setCurrentIndex(1 if part == "hyper" else 0)
        form = self.hyper_form if part == "hyper" else self.data_form
        next(iter(form.rows.values())).editor.widget.setFocus()

    def close_page(self) -> None:
        self.preview.close_tab()

    def refresh(self) -> None:
        faults = self.session.params.faults
        # The parameters do not contain a wrong value, so showing them would wipe out what was typed.
        if not faults.data:
            self.data_form.show_texts(data_texts(self.session.params.data))
        if not faults.hyper:
            self.hyper_form.show_texts(space_texts(self.session.params.space))
        self._show_family()
        self._show_recipe()
        self._show_faults()

    def _show_recipe(self) -> None:
        """Backbones are chosen by an expert; a plan chooses its own. What differs from the plan is marked."""
        is_expert = self.session.params.recipe == "none"
        self.expert.setVisible(not is_expert)
        self.cards.setVisible(is_expert)
        self.cards.refresh()
        plan = PlanPreview.of(self.controller).last if is_expert else None
        planned = None if plan is None else space_texts(SearchSpace.of(expert_values(plan)[1]))
        self.hyper_form.compare(planned)
        self._filter()

    def _filter(self) -> None:
        count = self.hyper_form.show_only(self.search.text(), with_value=self.only_set.isChecked())
        self._found.setText(counted(count, "parameter"))

    def _data_edited(self) -> None:
        data, faults = read_data(self.data_form.texts())
        if data is not None:
            self.session.params.set_data(data)
        self.session.params.set_faults("data", faults)
        self._show_faults()

    def _hyper_edited(self) -> None:
        space, faults = read_space(self.hyper_form.texts(), self.session.params.space)
        if space is not None:
            self.session.params.set_space(space)
        self.session.params.set_faults("hyper", faults)
        self._show_family()
        self._show_recipe()
        self._show_faults()

    def _show_faults(self) -> None:
        faults = self.session.params.faults
        self.data_form.mark(faults.data)
        self.hyper_form.mark(faults.hyper)
        titles = (("Data", faults.data), ("Network and training", faults.hyper))
        for index, (name, wrong) in enumerate(titles):
            self.tabs.setTabText(index, f"{name} ({len(wrong)} invalid)" if wrong else name)
        count = faults.count
        some, them = counted(count, "value is", "values are"), "it" if count == 1 else "them"
        self._count.setText(f"{some} invalid; correct {them} before you train.")
        self._count.setVisible(count > 0)

    def _show_family(self) -> None:
        """Only the parameters that the chosen network takes are shown, with its own defaults."""
        # While a value is wrong, the parameters are older than what the form shows.
        if self.session.params.faults.hyper:
            return
        hyper = self.session.params.hyper
        family = FAMILIES[hyper.family]
        for name, made in self.hyper_form.rows.items():
            if made.field.group == "Network" and name != "family":
                # A value that is set stays in sight even where the network does not use it.
                made.set_visible(name in family.defaults or bool(made.editor.text()))
                made.set_default(family.defaults.get(name))
        ignored = family.ignored(hyper)
        note = f" This network does not use {_labels(ignored)}." if ignored else ""
        self._family.setText(f"{family.title}: {family.description}{note}")
        varied = self.session.params.space.varied
        several = f"Several values: {_labels(varied)}. Training uses the first of each; tuning tries all."
        one = "Separate several values with commas to tune them. Training uses the first one."
        self._lists.setText(several if varied else one)
        if self.session.params.recipe != "none":
            self._family.setText(
                f"{RECIPE_TITLES[self.session.params.recipe]}: the network and its training are planned for your "
                "images. Values that you set here apply to every network that is tried."
            )


def _labels(names: Iterable[str]) -> str:
    """Hyperparameters by the names that their fields have here."""
    known = fields_of(HyperParams)
    return ", ".join(known[name].label for name in names)


def _page(form: ParamForm) -> QWidget:
    made = QWidget()
    made.setLayout(column(10, _scrolled(form), gap=8))
    return made


def _scrolled(form: ParamForm) -> QScrollArea:
    area = QScrollArea()
    area.setAccessibleName("Parameters")
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(form)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    # Two or three parameters can always be seen.
    area.setMinimumHeight(180)
    return area
