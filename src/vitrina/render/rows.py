"""The rows of an HTML table: lazy objects for templates, and one finished body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from vitrina.render.cells import Render, value_type
from vitrina.render.css_class import to_css_class

LINK = "Link"


@dataclass(slots=True)
class Cell:
    """One cell: ``value`` is trusted HTML, ``raw`` what the database holds."""

    column: str
    value: Markup
    raw: Any
    value_type: str


@dataclass(frozen=True, slots=True)
class CellColumn:
    """One displayed column.

    ``index`` is its position in the raw row, None for the separate link
    column; ``is_link`` marks the column whose cells lead to the row.
    """

    name: str
    index: int | None
    render: Render
    is_link: bool = False


class DisplayRow:
    """One row as templates see it: iteration gives cells, ``row["col"]`` the raw value."""

    __slots__ = ("_cells", "_position", "_table", "pk_path", "row_label", "row_path")

    def __init__(self, table: DisplayRows, position: int) -> None:
        self._table = table
        self._position = position
        self._cells: list[Cell] | None = None
        self.row_path: str | None = table.paths[position] if table.paths else None
        self.pk_path: str | None = table.path_text(position) if table.paths else None
        self.row_label: str | None = table.row_labels[position] if table.row_labels else None

    @property
    def cells(self) -> list[Cell]:
        """The cells, rendered when first asked for."""
        if self._cells is None:
            self._cells = self._table.cells_of(self._position)
        return self._cells

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self._table.columns)

    def __getitem__(self, key: str) -> Any:
        for cell in self.cells:
            if cell.column == key:
                return cell.raw
        raise KeyError(key)

    def display(self, key: str) -> Markup | None:
        """The rendered HTML of the column ``key``, None where it is not shown."""
        return next((cell.value for cell in self.cells if cell.column == key), None)

    def __str__(self) -> str:
        return str({cell.column: cell.raw for cell in self.cells})


@dataclass(slots=True)
class DisplayRows(Sequence[DisplayRow]):
    """All rows of a page.

    ``paths`` are the rows' tilde-encoded keys (empty for views). ``overrides``
    holds what plugins rendered, by (row, position of the column in the raw row).
    """

    columns: Sequence[CellColumn]
    rows: Sequence[Sequence[Any]]
    paths: Sequence[str] = ()
    path_texts: Sequence[str] = ()
    row_labels: Sequence[str | None] = ()
    row_url: Callable[[str], str] = field(default=lambda path: path)
    overrides: Mapping[tuple[int, int], str] = field(default_factory=dict)
    _body: Markup | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return [DisplayRow(self, at) for at in range(*position.indices(len(self.rows)))]
        if position < 0:
            position += len(self.rows)
        if not 0 <= position < len(self.rows):
            raise IndexError(position)
        return DisplayRow(self, position)

    def __iter__(self) -> Iterator[DisplayRow]:
        return (DisplayRow(self, position) for position in range(len(self.rows)))

    def path_text(self, position: int) -> str:
        """The key of a row as people read it."""
        return self.path_texts[position] if self.path_texts else self.paths[position]

    def _link(self, position: int) -> str:
        return f'<a href="{escape(self.row_url(self.paths[position]))}">{escape(self.path_text(position))}</a>'

    def cells_of(self, position: int) -> list[Cell]:
        """The cells of one row, as a replaced template sees them."""
        row = self.rows[position]
        path = self.paths[position] if self.paths else ""
        cells = []
        for column in self.columns:
            raw = (path and self.path_text(position)) if column.index is None else row[column.index]
            if column.is_link:
                html, kind = self._link(position), "pk"
            else:
                html, kind = self._override(position, column) or column.render(raw, path), value_type(raw)
            cells.append(Cell(column.name, Markup(html), raw, kind))
        return cells

    def _override(self, position: int, column: CellColumn) -> str | None:
        return None if column.index is None else self.overrides.get((position, column.index))

    @property
    def body(self) -> Markup:
        """The finished ``<tr>`` elements of all rows, made once."""
        return self.finish()

    def finish(self) -> Markup:
        """Render the body now, wherever the caller runs."""
        if self._body is None:
            self._body = Markup("\n".join(self._rows_html()))
        return self._body

    def _rows_html(self) -> Iterator[str]:
        compiled = [
            (at, None if column.is_link else column.index, column.render) for at, column in enumerate(self.columns)
        ]
        openings = [_Openings(column.name) for column in self.columns]
        overrides = self.overrides
        for position, row in enumerate(self.rows):
            path = self.paths[position] if self.paths else ""
            parts = [self._row_opening(position)]
            for at, index, render in compiled:
                if index is None:
                    parts.append(f"{openings[at].pk}{self._link(position)}</td>")
                    continue
                value = row[index]
                html = overrides.get((position, index)) if overrides else None
                parts.append(f"{openings[at][type(value)]}{html or render(value, path)}</td>")
            parts.append("</tr>")
            yield "".join(parts)

    def _row_opening(self, position: int) -> str:
        if not self.paths:
            return "<tr>"
        label = self.row_labels[position] if self.row_labels else None
        extra = f' data-row-label="{escape(label)}"' if label else ""
        return f'<tr data-row="{escape(self.paths[position])}"{extra}>'


class CustomRow(dict[str, Any]):
    """A row for plugins: values by column name or position; iteration gives the values.

    ``values`` are in the order of ``columns``, or an object, or come later.
    """

    def __init__(self, columns: Sequence[str], values: Sequence[Any] | Mapping[str, Any] | None = None) -> None:
        super().__init__(values if isinstance(values, Mapping) else zip(columns, values or (), strict=False))
        self.columns = list(columns)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.columns[key] if isinstance(key, int) else key)

    def __iter__(self) -> Iterator[Any]:
        return iter([self[column] for column in self.columns])

    def __repr__(self) -> str:
        return f"CustomRow({list(self.items())})"


class _Openings(dict[type, str]):
    """Opening tags of one column's cells by the type of the value."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._class = f'<td class="col-{to_css_class(name)} type-'
        self.pk = f'{self._class}pk">'

    def __missing__(self, kind: type) -> str:
        word = "none" if kind is type(None) else kind.__name__.lower()
        opening = self[kind] = f'{self._class}{word}">'
        return opening


def query_rows(rows: Sequence[Sequence[Any]], render: Render) -> list[list[Markup]]:
    """Rows of free SQL, where every column has the same renderer and a cell knows nothing of its row."""
    return [[Markup(render(value, "")) for value in row] for row in rows]
