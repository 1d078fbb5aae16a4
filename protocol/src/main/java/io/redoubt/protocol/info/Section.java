package io.redoubt.protocol.info;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One section of INFO: fields in the order of their declaration. */
public final class Section {
  private static final byte[] NO_LABEL = {};

  private final String title;
  private final String name;
  private final List<Field> fields = new ArrayList<>();
  private boolean inDefault = true;
  private boolean onlyByName;
  private @Nullable BooleanSupplier condition;

  /**
   * A numeric field of INFO, for metrics.
   *
   * @param section the section's name in requests
   * @param name the field's name
   * @param grows true if it never decreases except by a restart or a reset of statistics
   * @param value evaluated on the process' event loop
   */
  public record Number(String section, String name, boolean grows, DoubleSupplier value) {}

  /**
   * A field or a group of dynamic fields.
   *
   * @param label the name with its colon, the whole line of a constant, empty for dynamic fields
   * @param integer the value of an integer field, which is written directly: calls of hundreds of
   *     lambdas are most of INFO's time
   * @param writer writes the lines of any other field, null for a constant
   * @param number its number, if it is numeric
   */
  private record Field(
      @Nullable BooleanSupplier condition,
      byte[] label,
      @Nullable LongSupplier integer,
      @Nullable Consumer<InfoLines> writer,
      @Nullable Number number) {

    boolean isShown() {
      return condition == null || condition.getAsBoolean();
    }

    void write(InfoLines lines) {
      if (integer != null) {
        lines.number(label, integer.getAsLong());
      } else if (writer != null) {
        writer.accept(lines);
      } else {
        lines.constant(label);
      }
    }
  }

  Section(String title, String name) {
    this.title = title;
    this.name = name;
  }

  /** Returns the section's name in requests. */
  public String name() {
    return name;
  }

  /** Hides the section unless it is requested by name or all sections are. */
  public Section notInDefault() {
    inDefault = false;
    return this;
  }

  /** Hides the section unless it is requested by name. */
  public Section onlyByName() {
    onlyByName = true;
    return this;
  }

  /** Shows the fields declared from here to {@link #always} only while {@code showing} is true. */
  public Section when(BooleanSupplier showing) {
    condition = showing;
    return this;
  }

  /** Ends the condition of {@link #when}. */
  public Section always() {
    condition = null;
    return this;
  }

  public Section number(String field, LongSupplier value) {
    return number(field, false, value);
  }

  /**
   * Declares an integer field that never decreases except by a restart or a reset of statistics.
   */
  public Section counter(String field, LongSupplier value) {
    return number(field, true, value);
  }

  private Section number(String field, boolean grows, LongSupplier value) {
    Number number = new Number(name, field, grows, value::getAsLong);
    fields.add(new Field(condition, label(field), value, null, number));
    return this;
  }

  /** Declares a number with {@code digits} decimal places. */
  public Section decimal(String field, int digits, DoubleSupplier value) {
    return decimal(field, digits, false, value);
  }

  /**
   * Declares a number with {@code digits} decimal places that never decreases except by a restart
   * or a reset of statistics.
   */
  public Section decimalCounter(String field, int digits, DoubleSupplier value) {
    return decimal(field, digits, true, value);
  }

  private Section decimal(String field, int digits, boolean grows, DoubleSupplier value) {
    byte[] label = label(field);
    return add(
        lines -> lines.decimal(label, value.getAsDouble(), digits),
        new Number(name, field, grows, value));
  }

  /** Declares a boolean field, shown as 1 or 0. */
  public Section flag(String field, BooleanSupplier value) {
    return number(field, () -> value.getAsBoolean() ? 1 : 0);
  }

  public Section text(String field, Supplier<String> value) {
    byte[] label = label(field);
    return add(lines -> lines.text(label, value.get()), null);
  }

  /** Declares a text that never changes. */
  public Section text(String field, String constant) {
    fields.add(new Field(condition, InfoLines.line(field, constant), null, null, null));
    return this;
  }

  /** Declares fields whose names are not fixed. */
  public Section lines(Consumer<InfoLines> writer) {
    return add(writer, null);
  }

  private Section add(Consumer<InfoLines> writer, @Nullable Number number) {
    fields.add(new Field(condition, NO_LABEL, null, writer, number));
    return this;
  }

  private static byte[] label(String field) {
    return (field + ':').getBytes(UTF_8);
  }

  /** Passes each numeric field that is shown now. */
  public void forEachNumber(Consumer<Number> visitor) {
    for (Field field : fields) {
      Number number = field.number();
      if (number != null && field.isShown()) {
        visitor.accept(number);
      }
    }
  }

  boolean isInDefault() {
    return inDefault;
  }

  boolean isOnlyByName() {
    return onlyByName;
  }

  void render(InfoText into) {
    into.add("# ").add(title).endLine();
    InfoLines lines = new InfoLines(into);
    for (Field field : fields) {
      if (field.isShown()) {
        field.write(lines);
      }
    }
  }
}
