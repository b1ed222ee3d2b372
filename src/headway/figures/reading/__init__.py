"""Reading what people send: containers, encodings, shape. Nothing here knows what a column means.

`received` turns a file into one or more `ReceivedFile`s: every cell as text, every row with the number
that it has in the file, every oddity as a finding. Nothing is truncated, padded or decoded silently.
"""

from __future__ import annotations

from headway.figures.reading.received import ReceivedFile, RejectedRow, received

__all__ = ["ReceivedFile", "RejectedRow", "received"]
