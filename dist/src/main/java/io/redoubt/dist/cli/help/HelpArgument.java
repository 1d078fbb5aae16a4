package io.redoubt.dist.cli.help;

import java.util.List;

/**
 * An argument of a command as COMMAND DOCS declares it.
 *
 * @param name the placeholder shown for a value
 * @param kind a value, a token alone, a choice or a sequence
 * @param token the word before the value, or the whole argument; empty for none
 * @param optional it may be left out
 * @param multiple it may be repeated
 * @param repeatsToken each repetition starts with the token
 * @param parts the arguments of a choice or sequence
 */
record HelpArgument(
    String name,
    Kind kind,
    String token,
    boolean optional,
    boolean multiple,
    boolean repeatsToken,
    List<HelpArgument> parts) {

  /** The kinds of arguments. */
  enum Kind {
    VALUE,
    TOKEN,
    CHOICE,
    SEQUENCE
  }

  boolean isToken(String word) {
    return token.equalsIgnoreCase(word);
  }

  /** Returns the form in which a usage line shows the argument. */
  String usage() {
    String once = once();
    String shown = once;
    if (multiple) {
      shown = once + " [" + (repeatsToken ? once : withoutToken()) + " ...]";
    }
    return optional ? "[" + shown + "]" : shown;
  }

  /** Returns the form of one occurrence, without brackets for an optional one. */
  String once() {
    if (kind == Kind.TOKEN) {
      return shownToken();
    }
    return token.isEmpty() ? withoutToken() : shownToken() + " " + withoutToken();
  }

  String withoutToken() {
    return switch (kind) {
      case VALUE -> name;
      case TOKEN -> shownToken();
      case CHOICE -> String.join("|", parts.stream().map(HelpArgument::usage).toList());
      case SEQUENCE -> usage(parts);
    };
  }

  private String shownToken() {
    return token.isEmpty() ? "\"\"" : token;
  }

  /** Returns the form of several arguments. */
  static String usage(List<HelpArgument> arguments) {
    return String.join(" ", arguments.stream().map(HelpArgument::usage).toList());
  }
}
