"""Filters: what a channel does to its samples before anybody sees them, in the order of the file.

``registry`` has the filters, ``chain`` runs those of one channel. A node imports this package
only when its device file has filters.
"""
