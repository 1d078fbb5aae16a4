package io.redoubt.protocol.command.usage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One node of a command's argument tree, as COMMAND DOCS shows it.
 *
 * @param name the argument's name
 * @param displayText the word that users see in its place; not for groups
 * @param type the kind of argument
 * @param token the literal that introduces it, or null
 * @param occurrence the number of times that it may stand in a request
 * @param keySpec the index of the key spec that covers it, or -1
 * @param versions the versions of Redis that changed it
 * @param parts the members of a block or a choice
 */
public record Argument(
    String name,
    String displayText,
    Type type,
    @Nullable String token,
    Occurrence occurrence,
    int keySpec,
    Versions versions,
    List<Argument> parts) {

  /**
   * The number of times that an argument may stand in a request.
   *
   * @param optional true if it may be left out
   * @param multiple true if it may be repeated
   * @param multipleToken true if the token is repeated with each value
   */
  public record Occurrence(boolean optional, boolean multiple, boolean multipleToken) {
    static final Occurrence ONCE = new Occurrence(false, false, false);
  }

  /**
   * The versions of Redis that changed an argument.
   *
   * @param since the version that added it to its command, or null for the command's own
   * @param deprecatedSince the version that deprecated it, or null
   */
  public record Versions(@Nullable String since, @Nullable String deprecatedSince) {
    static final Versions OF_COMMAND = new Versions(null, null);
  }

  /** The kinds of arguments. */
  public enum Type {
    /** Any bytes. */
    STRING("string"),
    /** A decimal integer. */
    INTEGER("integer"),
    /** A floating point number. */
    DOUBLE("double"),
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

  /** Returns an argument that stands once and is as old as its command. */
  static Argument of(String name, Type type, @Nullable String token, List<Argument> parts) {
    return new Argument(
        name, name, type, token, Occurrence.ONCE, -1, Versions.OF_COMMAND, List.copyOf(parts));
  }

  /** Returns true if it may be left out. */
  public boolean optional() {
    return occurrence.optional;
  }

  /** Returns true if it may be repeated. */
  public boolean multiple() {
    return occurrence.multiple;
  }

  /** Returns the minimum number of request arguments that this takes if present. */
  public int minLength() {
    int own = token != null ? 1 : 0;
    switch (type) {
      case PURE_TOKEN -> {
        return 1;
      }
      case BLOCK -> {
        for (Argument part : parts) {
          own += part.optional() ? 0 : part.minLength();
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
  public boolean isVariable() {
    if (optional() || multiple()) {
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
    return occurring(new Occurrence(true, occurrence.multiple, occurrence.multipleToken));
  }

  Argument asMultiple() {
    return occurring(new Occurrence(occurrence.optional, true, token != null));
  }

  private Argument occurring(Occurrence times) {
    return new Argument(name, displayText, type, token, times, keySpec, versions, parts);
  }

  public Argument asKeyOf(int spec) {
    return new Argument(name, displayText, Type.KEY, token, occurrence, spec, versions, parts);
  }

  Argument named(String newName) {
    // A literal is shown under its name; the word of any other argument stays as it is.
    String shown = type == Type.PURE_TOKEN ? newName : displayText;
    return new Argument(newName, shown, type, token, occurrence, keySpec, versions, parts);
  }

  Argument ofType(Type newType) {
    return new Argument(name, displayText, newType, token, occurrence, keySpec, versions, parts);
  }

  Argument in(Versions newVersions) {
    return new Argument(name, displayText, type, token, occurrence, keySpec, newVersions, parts);
  }

  Argument withToken(@Nullable String word) {
    return new Argument(name, displayText, type, word, occurrence, keySpec, versions, parts);
  }

  public Argument withParts(List<Argument> newParts) {
    return new Argument(
        name, displayText, type, token, occurrence, keySpec, versions, List.copyOf(newParts));
  }
}
