"""Everything about one session in one archive: the record, the views of it, what proves it, and a manifest over all. See
docs/reference/export-format.md.

`parts` lists what a bundle is made of, a line each; `archive` streams the parts into a ZIP and signs the manifest that ends it.
"""
