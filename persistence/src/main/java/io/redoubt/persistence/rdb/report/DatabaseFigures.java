package io.redoubt.persistence.rdb.report;

import java.util.EnumMap;
import java.util.Map;

/** The figures of a database, by type. */
public final class DatabaseFigures {

  private final Map<ValueType, TypeFigures> types = new EnumMap<>(ValueType.class);

  DatabaseFigures() {}

  TypeFigures of(ValueType type) {
    return types.computeIfAbsent(type, absent -> new TypeFigures());
  }

  /** Returns the types of which the database has keys. */
  public Map<ValueType, TypeFigures> types() {
    return types;
  }

  /** Returns the sums over all types. */
  public KeyTotals totals() {
    KeyTotals totals = new KeyTotals();
    types.values().forEach(type -> totals.add(type.totals()));
    return totals;
  }
}
