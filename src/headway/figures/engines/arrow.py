"""What every engine hands over: Arrow with int64 and float64, whatever the engine calls them."""

from __future__ import annotations

import pyarrow as pa


def normalised(table: pa.Table) -> pa.Table:
    """`table` with whole numbers (decimals without places too) as int64, others as float64, text as string.

    DuckDB sums integers into decimals and the others count in 32 or 64 bits; a caller must not see that.
    """
    fields = [pa.field(column.name, _plain(column.type)) for column in table.schema]
    return table.cast(pa.schema(fields))


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0):
        return pa.int64()
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind
