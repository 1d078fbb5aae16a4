package io.redoubt.protocol.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One node of a command's argument tree, as COMMAND DOCS shows it.
 *
 * @param name the argument's name
 * @param type the kind of argument
 * @param token the literal that introduces it, or null
 * @param optional true if it may be left out
 * @param multiple true if it may be repeated
 * @param multipleToken true if the token is repeated with each value
 * @param keySpec the index of the key spec that covers it, or -1
 * @param parts the members of a block or a choice
 */
public record Argument(
    String name,
    Type type,
    @Nullable String token,
    boolean optional,
    boolean multiple,
    boolean multipleToken,
    int keySpec,
    List<Argument> parts) {

  /** The kinds of arguments. */
  public enum Type {
    /** Any bytes. */
    STRING("string"),
    /** A decimal integer. */
    INTEGER("integer"),
    /** A floating point number. */
    DOUBLE("double"),
    /** A key. */
    KEY("key"),
    /** A glob pattern. */
    PATTERN("pattern"),
    /** A point in time, in seconds or milliseconds of Unix time. */
    UNIX_TIME("unix-time"),
    /** A literal without an argument. */
    PURE_TOKEN("pure-token"),
    /** Exactly one of its parts. */
    ONEOF("oneof"),
    /** All of its parts. */
    BLOCK("block");

    private final String label;

    Type(String label) {
      this.label = label;
    }

    /** Returns the name in COMMAND DOCS. */
    public String label() {
      return label;
    }
  }

  /** Returns the minimum number of request arguments that this takes if present. */
  int minLength() {
    int own = token != null ? 1 : 0;
    switch (type) {
      case PURE_TOKEN -> {
        return 1;
      }
      case BLOCK -> {
        for (Argument part : parts) {
          own += part.optional ? 0 : part.minLength();
        }
        return own;
      }
      case ONEOF -> {
        int min = Integer.MAX_VALUE;
        for (Argument part : parts) {
          min = Math.min(min, part.minLength());
        }
        return own + min;
      }
      default -> {
        return own + 1;
      }
    }
  }

  /** Returns true if the number of request arguments can vary. */
  boolean isVariable() {
    if (optional || multiple) {
      return true;
    }
    for (Argument part : parts) {
      if (part.isVariable()
          || (type == Type.ONEOF && part.minLength() != parts.getFirst().minLength())) {
        return true;
      }
    }
    return false;
  }

  Argument asOptional() {
    return new Argument(name, type, token, true, multiple, multipleToken, keySpec, parts);
  }

  Argument asMultiple() {
    return new Argument(name, type, token, optional, true, token != null, keySpec, parts);
  }

  Argument asKeyOf(int spec) {
    return new Argument(name, Type.KEY, token, optional, multiple, multipleToken, spec, parts);
  }

  Argument withToken(String word) {
    return new Argument(name, type, word, optional, multiple, multipleToken, keySpec, parts);
  }

  Argument withParts(List<Argument> newParts) {
    return new Argument(
        name, type, token, optional, multiple, multipleToken, keySpec, List.copyOf(newParts));
  }
}
