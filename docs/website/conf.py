"""Sphinx's settings for the documentation site; `python docs/website` writes the sources and builds them.

Nothing here comes from another host: fonts are the reader's own, formulas are MathML, and the search runs in the page.
"""

from latex2mathml.converter import convert

import tensorkit

project = "tensorkit"
author = "The tensorkit developers"
copyright = "the tensorkit developers, MIT licence"  # noqa: A001
version = release = tensorkit.__version__

extensions = ["myst_nb"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
templates_path: list[str] = []
exclude_patterns: list[str] = []
nitpicky = True

myst_enable_extensions = ["attrs_block", "attrs_inline", "dollarmath"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_execution_mode = "off"  # lessons are shown as stored; pytest runs them
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_number_source_lines = False
nb_render_error_lexer = "text"  # a backtick in an error text is more than the lexer for tracebacks can take

html_theme = "furo"
html_title = "tensorkit"
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # it would be fetched, which browsers refuse to pages opened from a folder
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True, "light_css_variables": {}, "dark_css_variables": {}}
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"


def _formula(display):
    """A visitor that writes a formula as MathML, which every browser of today draws without a script."""
    from docutils import nodes

    def visit(self, node):
        self.body.append(convert(node.astext(), display=display))
        raise nodes.SkipNode

    return visit


def setup(app):
    """What Sphinx calls: formulas as MathML."""
    app.add_html_math_renderer("mathml", (_formula("inline"), None), (_formula("block"), None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
