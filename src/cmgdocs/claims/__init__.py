"""
Claims in prose: what a sentence says that facts can confirm or refute, found and judged in plain text.

``find`` finds claims, ``values`` looks up what they are about, ``agree`` compares words with a fact,
``judge`` decides which claims are bound, and ``ledger`` reads the bindings of files that have no roles.
"""
