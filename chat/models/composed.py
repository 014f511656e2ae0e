"""Queries whose SQL is composed once, for those that every message needs.

For a small query Django takes several times as long to compose the SQL as the database takes to answer. Here that is
composed with stand-ins, which must come out as the query's values in their order; then the real ones take their place.
Conversions and related rows stay the ORM's own.
"""

from collections.abc import Callable, Sequence
from copy import copy
from itertools import chain
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, cast

from django.db import connections, router
from django.db.models import Model, QuerySet
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.models.sql.constants import ROW_COUNT

Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")


class Composed(Generic[Row, Value]):
    def __init__(self, make: Callable[[Sequence[Value]], QuerySet[Row]], kind: Callable[[int], Value]):
        """`make(values)` gives the query for these, at least one, and has no others in it. It goes to where its
        model is written, as what it answers is about to be.
        """
        self._make, self._kind = make, kind
        self._known: dict[tuple[str, int], tuple[QuerySet[Row], Any, str, Any]] = {}
        """By database and number of values: the query for stand-ins, what has composed it, its SQL, and how what the
        database answers becomes Python's."""

    def __call__(self, values: Sequence[Value], model: type[Row]) -> list[Row]:
        """The rows for these values. A query for 8 is also good for 5 to 7: the last value is asked for again."""
        if not values:
            return []
        using = router.db_for_write(model)
        spare = (1 << (len(values) - 1).bit_length()) - len(values)
        values = [*values, *([values[-1]] * spare)]
        known = self._known.get((using, len(values)))
        if known is None:
            known = self._known[using, len(values)] = self._compose(using, len(values))
        template, compiler, sql, converters = known
        if template.query.select_for_update and not connections[using].in_atomic_block:
            return [*self._make(values)]  # which says what is wrong
        asked = copy(compiler)
        asked.connection = connections[using]  # this thread's
        asked.as_sql = lambda *given, **named: (sql, tuple(values))
        asked.get_converters = lambda columns: converters
        twin: Any = object.__new__(type(template))  # copy() would ask the database first
        twin.__dict__ = {**template.__dict__, "_query": SimpleNamespace(get_compiler=lambda **using: asked)}
        return [*twin._iterable_class(twin)]

    def _compose(self, using: str, count: int) -> tuple[QuerySet[Row], Any, str, Any]:
        stand_ins = [self._kind(-1 - number) for number in range(count)]
        queryset = self._make(stand_ins).using(using)
        compiler = cast(Any, queryset.query).get_compiler(using=using)
        sql: str
        sql, found = compiler.as_sql()
        if [*found] != stand_ins:
            raise ValueError(f"A query to be asked with values alone has others as well: {found!r}")
        columns = [column for column, _sql, _name in compiler.select[: compiler.col_count]]
        return queryset, compiler, sql, compiler.get_converters(columns)


class ComposedInsert(Generic[Row]):
    """Rows of one model, each with its id already, or each to get one."""

    def __init__(self, model: Callable[[], type[Row]]):
        self._model = model
        self._known: dict[str, tuple[Any, list[Any], tuple[str, str, str]]] = {}
        """By database: what has composed it, the fields in their order, and its SQL: up to a row's values, these, and
        what follows the last row's."""

    def __call__(self, rows: Sequence[Row]) -> None:
        """Store them, and give them their ids, unless they have some."""
        if not rows:
            return
        using = router.db_for_write(type(rows[0]))
        if using not in self._known:
            self._known[using] = self._compose(using)
        _compiler, fields, _sql = self._known[using]
        most = connections[using].ops.bulk_batch_size(fields, rows)
        for start in range(0, len(rows), most):
            self._store(rows[start : start + most], using)

    def _store(self, rows: Sequence[Row], using: str) -> None:
        compiler, fields, (before, one, after) = self._known[using]
        asked = copy(compiler)
        asked.connection, asked.query = connections[using], copy(compiler.query)
        asked.query.objs = rows
        values = tuple(chain.from_iterable(zip(*(_prepared(asked, field, rows) for field in fields), strict=True)))
        sql = f"{before}{', '.join([one] * len(rows))}{after}"
        asked.as_sql = lambda *given, **named: [(sql, values)]
        given = asked.execute_sql(returning_fields=compiler.returning_fields)
        for row, (pk,) in zip(rows, given, strict=True) if compiler.returning_fields else ():
            row.pk = pk
        for row in rows:
            row._state.adding, row._state.db = False, using

    def _compose(self, using: str) -> tuple[Any, list[Any], tuple[str, str, str]]:
        model = self._model()
        auto = model._meta.auto_field
        fields = [field for field in model._meta.concrete_fields if field is not auto]
        query = InsertQuery(model)
        query.insert_values(fields, [model()])
        compiler: Any = query.get_compiler(using=using)
        compiler.returning_fields = [auto] if auto else None
        ((sql, _values),) = compiler.as_sql()
        one = f"({', '.join(['%s'] * len(fields))})"
        before, found, after = sql.partition(one)
        if not found or "%s" in before + after:
            raise ValueError(f"A row of {len(fields)} fields would be stored by others: {sql}")
        return compiler, fields, (before, one, after)


def _prepared(compiler: Any, field: Any, rows: Sequence[Model]) -> list[Any]:
    """What the database is to get for this field of each. Most have what the one before them has."""
    prepared: list[Any] = []
    last: Any = object()
    for row in rows:
        value = compiler.pre_save_val(field, row)
        if value is last or value == last == []:
            prepared.append(prepared[-1])
        else:
            prepared.append(compiler.prepare_value(field, value))
        last = value
    return prepared


class ComposedUpdate(Generic[Row]):
    """Some fields of one row, by its id."""

    def __init__(self, model: Callable[[], type[Row]], *fields: str):
        self._model, self._names = model, fields
        self._known: dict[str, tuple[Any, list[Any], str]] = {}

    def __call__(self, row: Row) -> None:
        """Store what these fields are now."""
        using = router.db_for_write(type(row))
        if using not in self._known:
            self._known[using] = self._compose(using)
        compiler, fields, sql = self._known[using]
        asked = copy(compiler)
        asked.connection = connections[using]
        values = tuple(field.get_db_prep_save(getattr(row, field.attname), asked.connection) for field in fields)
        asked.as_sql = lambda *given, **named: (sql, values)
        asked.execute_sql(ROW_COUNT)

    def _compose(self, using: str) -> tuple[Any, list[Any], str]:
        model = self._model()
        fields = [*map(model._meta.get_field, self._names), model._meta.pk]
        query = cast(Any, model._default_manager.filter(pk=-1).query).chain(UpdateQuery)
        query.add_update_values(dict.fromkeys(self._names))
        compiler = query.get_compiler(using=using)
        sql, values = compiler.as_sql()
        sql = sql.replace("NULL", "%s")  # how older Djangos write what is None
        if values[-1] != -1 or sql.count("%s") != len(fields):
            raise ValueError(f"An update of {len(fields)} values is another one: {sql}")
        return compiler, fields, sql
