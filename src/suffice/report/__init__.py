"""The whole path as one resumable study, and the HTML page that tells it."""

from ._comparison_report import comparison_report as comparison_report
from ._exact import Exact as Exact
from ._findings import Findings as Findings, findings as findings
from ._fingerprint import fingerprint as fingerprint
from ._image import Image as Image, image as image
from ._methods import classes_of as classes_of
from ._mi_report import mi_report as mi_report, pairs_report as pairs_report
from ._page import page as page
from ._parts import (
    Code as Code,
    Facts as Facts,
    Figures as Figures,
    Note as Note,
    Section as Section,
    Table as Table,
    Text as Text,
)
from ._question import data_in_words as data_in_words, Question as Question
from ._report import report as report
from ._section_checks import verdict as verdict
from ._section_posterior import posterior_table as posterior_table
from ._stages import Stages as Stages
from ._study import Study as Study
from ._summaries import summary_network as summary_network
from ._tracks_report import tracks_report as tracks_report
