"""Plans of changes to a table's definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vitrina.dialect.definition import Reference
from vitrina.errors import InvalidBody
from vitrina.plan.definitions import (
    TYPES,
    check_default_expression,
    check_one_default,
    default_sql,
    is_table_name,
    literal,
)
from vitrina.plan.field_checks import Fields

Apply = Callable[[], None]

_OPERATION_KEYS = ("op", "args")
_FOREIGN_KEY_KEYS = ("column", "fk_table", "fk_column")


@dataclass(frozen=True, slots=True)
class AddedColumn:
    """A column to add; ``type`` and ``default`` are SQL."""

    name: str
    type: str
    not_null: bool
    default: str | None


@dataclass(slots=True)
class AlterPlan:
    """Every operation of one request, put together by what it does: the order in which they came is lost.

    Columns are named as they are before. ``defaults`` has None for one that is
    to be removed; ``foreign_keys`` replaces them all where it is not None.
    """

    added: list[AddedColumn] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    not_null: dict[str, bool] = field(default_factory=dict)
    defaults: dict[str, str | None] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    primary_key: tuple[str, ...] | None = None
    order: tuple[str, ...] = ()
    foreign_keys: dict[str, Reference] | None = None
    added_foreign_keys: dict[str, Reference] = field(default_factory=dict)
    dropped_foreign_keys: list[str] = field(default_factory=list)
    rename_to: str | None = None
    operations: int = 0
    # An operation that only a new table in the place of the old one can do, even where it turns out to do nothing.
    rebuild: bool = False
    # Some operation adds a column.
    adds: bool = False
    # A default that SQL has no literal for.
    unusable: Any = None


def parse_alter(body: Any) -> AlterPlan:
    """The plan that the body of a request describes. Raises InvalidBody with everything that is wrong."""
    if not isinstance(body, dict):
        raise InvalidBody("JSON must be a dictionary")
    errors: list[str] = []
    fields = Fields(body, "", errors)
    plan = AlterPlan()
    given = fields.items("operations")
    steps = [_operation(operation, f"operations.{position}", plan, errors) for position, operation in enumerate(given)]
    fields.nothing_else(("operations",))
    if errors:
        raise InvalidBody(errors)
    for apply in steps:
        if apply is not None:
            apply()
    if plan.unusable is not None:
        literal(plan.unusable)
    for others, said in ((plan.added_foreign_keys, "add"), (plan.dropped_foreign_keys, "drop")):
        if plan.foreign_keys is not None and others:
            raise InvalidBody(f"Cannot specify both foreign_keys and {said}_foreign_keys")
    plan.operations = len(given)
    return plan


def _operation(operation: Any, place: str, plan: AlterPlan, errors: list[str]) -> Apply | None:
    """What puts one operation into the plan; None where an error was added."""
    if not isinstance(operation, dict):
        errors.append(f"{place}: Input should be a valid dictionary or object to extract fields from")
        return None
    if "op" not in operation:
        errors.append(f"{place}: Unable to extract tag using discriminator 'op'")
        return None
    name = operation["op"]
    known = _OPERATIONS.get(name) if isinstance(name, str) else None
    if known is None:
        tags = ", ".join([f"'{tag}'" for tag in _OPERATIONS])
        errors.append(f"{place}: Input tag '{name}' found using 'op' does not match any of the expected tags: {tags}")
        return None
    apply = None
    outer = Fields(operation, f"{place}.{name}", errors)
    if "args" not in operation:
        outer.wrong("Field required", "args")
    elif not isinstance(operation["args"], dict):
        outer.wrong(f"Input should be a valid dictionary or instance of {known.model}", "args")
    else:
        args = Fields(operation["args"], f"{place}.{name}.args", errors)
        before = len(errors)
        apply = known.read(args, plan)
        args.nothing_else(known.keys)
        if len(errors) == before and known.check is not None:
            known.check(args)
    outer.nothing_else(_OPERATION_KEYS)
    return apply


def _default(args: Fields, plan: AlterPlan) -> str | None:
    """The default of checked arguments; one that SQL has no literal for is told of once all else is known."""
    try:
        return default_sql(args)
    except InvalidBody:
        plan.unusable = plan.unusable if plan.unusable is not None else args.values["default"]
        return None


def _add_column(args: Fields, plan: AlterPlan) -> Apply | None:
    check_default_expression(args)
    name = args.text("name", required=True)
    kind = args.choice("type", tuple(TYPES)) or "text"
    not_null = args.flag("not_null")

    def apply() -> None:
        default = _default(args, plan)
        if not_null and args.values.get("default") is None and args.values.get("default_expr") is None:
            raise InvalidBody("add_column args.default or args.default_expr is required when not_null is true")
        plan.adds = True
        if not_null:
            plan.added.append(AddedColumn(name or "", TYPES[kind], True, default))
        else:
            plan.added.append(AddedColumn(name or "", TYPES[kind], False, None))
            if default is not None:
                # Rows that are there keep NULL: only new ones get the default.
                plan.defaults[name or ""] = default
                plan.rebuild = True

    return apply


def _rename_column(args: Fields, plan: AlterPlan) -> Apply | None:
    name, to = args.text("name", required=True), args.text("to", required=True)

    def apply() -> None:
        plan.rebuild = True
        if name and to:
            plan.renamed[name] = to

    return apply


def _rename_table(args: Fields, plan: AlterPlan) -> Apply | None:
    to = args.text("to", required=True)
    if to is not None and not is_table_name(to):
        args.wrong("Invalid table name", "to")

    def apply() -> None:
        plan.rename_to = to

    return apply


def _alter_column(args: Fields, plan: AlterPlan) -> Apply | None:
    check_default_expression(args)
    name = args.text("name", required=True) or ""
    kind = args.choice("type", tuple(TYPES), nullable=True)
    not_null = args.flag("not_null", nullable=True)

    def apply() -> None:
        if kind is not None:
            plan.types[name] = TYPES[kind]
            plan.rebuild = True
        if args.values.get("not_null") is not None:
            plan.not_null[name] = not_null
            plan.rebuild = True
        if args.has("default") or args.has("default_expr"):
            plan.defaults[name] = _default(args, plan)
            plan.rebuild = True

    return apply


def _check_alter_column(args: Fields) -> None:
    if not check_one_default(args):
        return
    if not any(args.has(key) for key in ("type", "not_null", "default", "default_expr")):
        args.wrong("Value error, At least one of type, not_null, default or default_expr must be provided")


def _drop_column(args: Fields, plan: AlterPlan) -> Apply | None:
    name = args.text("name", required=True)

    def apply() -> None:
        plan.dropped.append(name or "")
        plan.rebuild = True

    return apply


def _set_primary_key(args: Fields, plan: AlterPlan) -> Apply | None:
    columns = args.texts("columns")

    def apply() -> None:
        plan.primary_key = columns
        plan.rebuild = True

    return apply


def _reorder_columns(args: Fields, plan: AlterPlan) -> Apply | None:
    columns = args.texts("columns")

    def apply() -> None:
        plan.order = columns
        plan.rebuild = True

    return apply


def _foreign_key(args: Fields) -> tuple[str, Reference]:
    column = args.text("column", required=True) or ""
    table, target = args.text("fk_table", nullable=True), args.text("fk_column", nullable=True)
    return column, Reference(table or "", target or None)


def _check_target(args: Fields) -> None:
    if not args.values.get("fk_table"):
        args.wrong("fk_table is required")


def _add_foreign_key(args: Fields, plan: AlterPlan) -> Apply | None:
    column, reference = _foreign_key(args)

    def apply() -> None:
        plan.added_foreign_keys[column] = reference
        plan.rebuild = True

    return apply


def _drop_foreign_key(args: Fields, plan: AlterPlan) -> Apply | None:
    column = args.text("column", required=True)

    def apply() -> None:
        plan.dropped_foreign_keys.append(column or "")
        plan.rebuild = True

    return apply


def _set_foreign_keys(args: Fields, plan: AlterPlan) -> Apply | None:
    references: dict[str, Reference] = {}
    for position, each in enumerate(args.items("foreign_keys", at_least=0)):
        place = f"foreign_keys.{position}"
        if isinstance(each, dict):
            fields = Fields(each, f"{args.place}.{place}", args.errors)
            before = len(args.errors)
            column, reference = _foreign_key(fields)
            fields.nothing_else(_FOREIGN_KEY_KEYS)
            if len(args.errors) == before:
                _check_target(fields)
            references[column] = reference
        else:
            args.wrong("Input should be a valid dictionary or instance of ForeignKeyArgs", place)

    def apply() -> None:
        plan.foreign_keys = references
        plan.rebuild = True

    return apply


@dataclass(frozen=True, slots=True)
class _Operation:
    """How the arguments of one operation are read; ``model`` is what messages call them.

    ``check`` looks at the arguments together, once each of them is right.
    """

    read: Callable[[Fields, AlterPlan], Apply | None]
    model: str
    keys: tuple[str, ...]
    check: Callable[[Fields], object] | None = None


_OPERATIONS: Mapping[str, _Operation] = {
    "add_column": _Operation(
        _add_column, "AddColumnArgs", ("name", "type", "not_null", "default", "default_expr"), check_one_default
    ),
    "rename_column": _Operation(_rename_column, "RenameColumnArgs", ("name", "to")),
    "rename_table": _Operation(_rename_table, "RenameTableArgs", ("to",)),
    "alter_column": _Operation(
        _alter_column, "AlterColumnArgs", ("name", "type", "not_null", "default", "default_expr"), _check_alter_column
    ),
    "drop_column": _Operation(_drop_column, "DropColumnArgs", ("name",)),
    "set_primary_key": _Operation(_set_primary_key, "SetPrimaryKeyArgs", ("columns",)),
    "reorder_columns": _Operation(_reorder_columns, "ReorderColumnsArgs", ("columns",)),
    "add_foreign_key": _Operation(_add_foreign_key, "ForeignKeyArgs", _FOREIGN_KEY_KEYS, _check_target),
    "drop_foreign_key": _Operation(_drop_foreign_key, "DropForeignKeyArgs", ("column",)),
    "set_foreign_keys": _Operation(_set_foreign_keys, "SetForeignKeysArgs", ("foreign_keys",)),
}
