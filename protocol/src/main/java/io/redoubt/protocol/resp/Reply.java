package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Doubles;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoded reply, for those who send requests: links, tools and tests. */
@SuppressWarnings("JavaLangClash") // the protocol's own names
public sealed interface Reply {

  /** A simple string. */
  record Simple(String value) implements Reply {}

  /** An error; the message begins with its code. */
  record Error(String message) implements Reply {

    /** The word that the message begins with, such as {@code ERR} or {@code MOVED}. */
    public String code() {
      int blank = message.indexOf(' ');
      return blank < 0 ? message : message.substring(0, blank);
    }
  }

  /** An integer. */
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

  /** An array. */
  record Array(List<Reply> elements) implements Reply {}

  /** A map, in the order of the wire: keys[i] belongs to values[i]. */
  record Map(List<Reply> keys, List<Reply> values) implements Reply {}

  /** A set, in the order of the wire. */
  record Set(List<Reply> elements) implements Reply {}

  /** A message that no request asked for. */
  record Push(List<Reply> elements) implements Reply {}

  /** Any of the nulls: RESP2's null bulk string and null array, RESP3's null. */
  record Null() implements Reply {}

  /** A boolean. */
  record Bool(boolean value) implements Reply {}

  /** A double. */
  record Double(double value) implements Reply {}

  /** An integer of any size, in decimal digits. */
  record BigNumber(String digits) implements Reply {}

  /** A text for people; {@code format} is {@code txt} or {@code mkd}. */
  record Verbatim(String format, String value) implements Reply {}

  /** Whether this is an error. */
  default boolean isError() {
    return this instanceof Error;
  }

  /** Whether this is a null. */
  default boolean isNull() {
    return this instanceof Null;
  }

  /**
   * The text of a string of whatever kind, of a number, or of an error.
   *
   * @throws IllegalStateException when the reply has none
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
   * The elements of an array, a set or a push; of a map keys and values in turn, as RESP2 has it.
   *
   * @throws IllegalStateException when the reply has none
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
   * The number that an integer, or a string of digits, is.
   *
   * @throws IllegalStateException when the reply is none
   */
  default long number() {
    try {
      return this instanceof Integer integer ? integer.value() : Long.parseLong(text());
    } catch (NumberFormatException e) {
      throw new IllegalStateException("no number: " + this, e);
    }
  }
}
