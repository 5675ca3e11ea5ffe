"""What jobs leave and every interface reads: typed, versioned documents.

A key is spelled here once. A document has the keys of its JSON as attributes; keys of a later version are kept, keys
that an earlier version lacks have a default. Modules are imported one by one, so that nobody builds models for
documents that are not read.
"""
