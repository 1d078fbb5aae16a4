package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Doubles;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoded reply, for callers that send requests: replication links, tools and tests. */
@SuppressWarnings("JavaLangClash") // the protocol's own names
public sealed interface Reply {

  record Simple(String value) implements Reply {}

  /** An error; the message starts with its code. */
  record Error(String message) implements Reply {

    /** Returns the code at the start of the message, such as {@code ERR} or {@code MOVED}. */
    public String code() {
      int blank = message.indexOf(' ');
      return blank < 0 ? message : message.substring(0, blank);
    }
  }

  record Integer(long value) implements Reply {}

  /** A bulk string. */
  @SuppressWarnings("ArrayRecordComponent") // equality is by content
  record Bulk(byte[] bytes) implements Reply {

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Bulk that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return "Bulk[" + new String(bytes, UTF_8) + "]";
    }
  }

  record Array(List<Reply> elements) implements Reply {}

  /** A map in wire order: keys[i] belongs to values[i]. */
  record Map(List<Reply> keys, List<Reply> values) implements Reply {}

  /** A set in wire order. */
  record Set(List<Reply> elements) implements Reply {}

  /** A push message, sent without a request. */
  record Push(List<Reply> elements) implements Reply {}

  /** A null: RESP2's null bulk string or null array, or RESP3's null. */
  record Null() implements Reply {}

  record Bool(boolean value) implements Reply {}

  record Double(double value) implements Reply {}

  /** An integer of any size, as decimal digits. */
  record BigNumber(String digits) implements Reply {}

  /** A human-readable text; {@code format} is {@code txt} or {@code mkd}. */
  record Verbatim(String format, String value) implements Reply {}

  default boolean isError() {
    return this instanceof Error;
  }

  default boolean isNull() {
    return this instanceof Null;
  }

  /**
   * Returns the text of a string of any kind, a number or an error.
   *
   * @throws IllegalStateException if the reply has no text
   */
  default String text() {
    return switch (this) {
      case Simple simple -> simple.value();
      case Error error -> error.message();
      case Integer integer -> Long.toString(integer.value());
      case Bulk bulk -> new String(bulk.bytes(), UTF_8);
      case Double number -> Doubles.format(number.value());
      case BigNumber number -> number.digits();
      case Verbatim verbatim -> verbatim.value();
      case Array _, Map _, Set _, Push _, Null _, Bool _ ->
          throw new IllegalStateException("no text: " + this);
    };
  }

  /**
   * Returns the elements of an array, set or push message; of a map the alternating keys and
   * values, as in RESP2.
   *
   * @throws IllegalStateException if the reply has no elements
   */
  default List<Reply> elements() {
    return switch (this) {
      case Array array -> array.elements();
      case Set set -> set.elements();
      case Push push -> push.elements();
      case Map map -> {
        Reply[] flat = new Reply[map.keys().size() * 2];
        for (int i = 0; i < map.keys().size(); i++) {
          flat[2 * i] = map.keys().get(i);
          flat[2 * i + 1] = map.values().get(i);
        }
        yield List.of(flat);
      }
      default -> throw new IllegalStateException("no elements: " + this);
    };
  }

  /**
   * Returns the value of an integer, or of a string of digits.
   *
   * @throws IllegalStateException if the reply is neither
   */
  default long number() {
    try {
      return this instanceof Integer integer ? integer.value() : Long.parseLong(text());
    } catch (NumberFormatException e) {
      throw new IllegalStateException("no number: " + this, e);
    }
  }
}
