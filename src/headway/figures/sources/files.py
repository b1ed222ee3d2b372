"""What a source is given to read. Not a source: it defines none. See `headway.figures.reading`."""

from __future__ import annotations

from headway.figures.reading import ReceivedFile, RejectedRow, received

__all__ = ["ReceivedFile", "RejectedRow", "received"]
