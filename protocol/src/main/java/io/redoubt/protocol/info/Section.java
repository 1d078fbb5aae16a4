package io.redoubt.protocol.info;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One section of INFO: fields in the order of their declaration. */
public final class Section {
  private final String title;
  private final String name;
  private final List<Field> fields = new ArrayList<>();
  private boolean inDefault = true;
  private BooleanSupplier there = () -> true;
  private @Nullable BooleanSupplier condition;

  /**
   * A number that INFO shows.
   *
   * @param section the section's name as it is asked for
   * @param name the field's name
   * @param value asked on the process' loop
   */
  public record Number(String section, String name, DoubleSupplier value) {}

  /** A field, or fields whose names change: writes its lines; a number when it is one. */
  private record Field(
      @Nullable BooleanSupplier condition, Consumer<InfoLines> writer, @Nullable Number number) {}

  Section(String title, String name) {
    this.title = title;
    this.name = name;
  }

  /** The name that it is asked for by. */
  public String name() {
    return name;
  }

  /** Shows the section only when it is asked for by name, or all are. */
  public Section notInDefault() {
    inDefault = false;
    return this;
  }

  /** Shows the section only while {@code isThere}. */
  public Section onlyWhile(BooleanSupplier isThere) {
    there = isThere;
    return this;
  }

  /** Shows the fields declared from here to {@link #always} only while {@code condition} holds. */
  public Section when(BooleanSupplier showing) {
    condition = showing;
    return this;
  }

  /** Ends the condition of {@link #when}. */
  public Section always() {
    condition = null;
    return this;
  }

  /** Declares a whole number. */
  public Section number(String field, LongSupplier value) {
    return add(
        lines -> lines.field(field, value.getAsLong()), new Number(name, field, value::getAsLong));
  }

  /** Declares a number with {@code digits} decimal places. */
  public Section decimal(String field, int digits, DoubleSupplier value) {
    String format = "%." + digits + "f";
    return add(
        lines -> lines.field(field, String.format(Locale.ROOT, format, value.getAsDouble())),
        new Number(name, field, value));
  }

  /** Declares a yes or no, shown as 1 or 0. */
  public Section flag(String field, BooleanSupplier value) {
    return number(field, () -> value.getAsBoolean() ? 1 : 0);
  }

  /** Declares a text. */
  public Section text(String field, Supplier<String> value) {
    return add(lines -> lines.field(field, value.get()), null);
  }

  /** Declares fields whose names are known only in the moment of asking. */
  public Section lines(Consumer<InfoLines> writer) {
    return add(writer, null);
  }

  private Section add(Consumer<InfoLines> writer, @Nullable Number number) {
    fields.add(new Field(condition, writer, number));
    return this;
  }

  /** The numbers among the fields, those under a condition included. */
  public List<Number> numbers() {
    return fields.stream().map(Field::number).filter(Objects::nonNull).toList();
  }

  boolean isInDefault() {
    return inDefault;
  }

  boolean isThere() {
    return there.getAsBoolean();
  }

  void render(StringBuilder into) {
    into.append("# ").append(title).append("\r\n");
    InfoLines lines = new InfoLines(into);
    for (Field field : fields) {
      BooleanSupplier showing = field.condition();
      if (showing == null || showing.getAsBoolean()) {
        field.writer().accept(lines);
      }
    }
  }
}
