package io.redoubt.dist.cli.help;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the arguments that may follow the words of a partly typed command. Each word is matched to
 * the argument that it fits. Adjacent optional arguments match in any order, as on the server.
 */
final class Hint {
  private final List<String> words;
  private int at;

  /** The untyped rest of an argument, and its possible repetitions. */
  private String open = "";

  private Hint(List<String> words) {
    this.words = words;
  }

  /**
   * Returns the arguments that may follow, or null if the words don't fit.
   *
   * @param words the words after the command's name
   */
  static @Nullable String after(CommandDoc doc, List<String> words) {
    Hint hint = new Hint(words);
    List<Argument> rest = hint.take(doc.arguments());
    if (rest == null || hint.at < words.size()) {
      return null;
    }
    String usage = Argument.usage(rest);
    return hint.open.isEmpty() || usage.isEmpty() ? hint.open + usage : hint.open + " " + usage;
  }

  private boolean isDone() {
    return at == words.size() || !open.isEmpty();
  }

  /**
   * Matches words to a sequence of arguments; returns the arguments left after the last word, or
   * null if a word does not fit.
   */
  private @Nullable List<Argument> take(List<Argument> arguments) {
    List<Argument> rest = new ArrayList<>(arguments);
    while (!isDone() && !rest.isEmpty()) {
      Argument taken = fitting(rest);
      if (taken == null) {
        return null;
      }
      if (!taken.optional()) {
        while (!rest.getFirst().equals(taken)) {
          rest.removeFirst(); // drops optional arguments that can no longer come
        }
      }
      rest.remove(taken);
      if (!takeOne(taken)) {
        return null;
      }
      while (taken.multiple() && !isDone() && repeats(taken)) {
        if (!takeOne(taken)) {
          return null;
        }
      }
      if (taken.multiple() && at == words.size()) {
        String again = taken.repeatsToken() ? taken.once() : taken.withoutToken();
        open += (open.isEmpty() ? "[" : " [") + again + " ...]";
      }
    }
    return rest;
  }

  /** Returns the argument that the next word fits best, or null. */
  private @Nullable Argument fitting(List<Argument> rest) {
    Argument value = null;
    for (Argument argument : rest) {
      if (startsWithToken(argument)) {
        return argument;
      }
      if (value == null && takesAnyWord(argument)) {
        value = argument;
      }
      if (!argument.optional()) {
        break;
      }
    }
    return value;
  }

  private boolean startsWithToken(Argument argument) {
    if (argument.kind() == Argument.Kind.TOKEN || !argument.token().isEmpty()) {
      return argument.isToken(words.get(at));
    }
    return switch (argument.kind()) {
      case CHOICE -> argument.parts().stream().anyMatch(this::startsWithToken);
      case SEQUENCE -> !argument.parts().isEmpty() && fitsToken(argument.parts());
      default -> false;
    };
  }

  private boolean fitsToken(List<Argument> sequence) {
    for (Argument part : sequence) {
      if (startsWithToken(part)) {
        return true;
      }
      if (!part.optional()) {
        return false;
      }
    }
    return false;
  }

  private boolean takesAnyWord(Argument argument) {
    if (argument.kind() == Argument.Kind.TOKEN || !argument.token().isEmpty()) {
      return false;
    }
    return switch (argument.kind()) {
      case CHOICE -> argument.parts().stream().anyMatch(this::takesAnyWord);
      case SEQUENCE -> fitting(argument.parts()) != null;
      default -> true;
    };
  }

  /** Returns true if the next word repeats an argument and is not the token of another one. */
  private boolean repeats(Argument argument) {
    return argument.repeatsToken() ? startsWithToken(argument) : takesAnyWordAfterToken(argument);
  }

  private boolean takesAnyWordAfterToken(Argument argument) {
    return switch (argument.kind()) {
      case VALUE -> true;
      case TOKEN -> argument.isToken(words.get(at));
      case CHOICE, SEQUENCE -> fitting(argument.parts()) != null;
    };
  }

  /** Matches one occurrence of an argument; returns false if a word does not fit. */
  private boolean takeOne(Argument argument) {
    if (argument.kind() == Argument.Kind.TOKEN) {
      at++;
      return true;
    }
    if (!argument.token().isEmpty() && argument.isToken(words.get(at))) {
      at++;
      if (at == words.size()) {
        open = argument.withoutToken();
        return true;
      }
    }
    switch (argument.kind()) {
      case CHOICE -> {
        Argument chosen = fitting(choices(argument.parts()));
        return chosen != null && takeOne(named(argument.parts(), chosen));
      }
      case SEQUENCE -> {
        List<Argument> rest = take(argument.parts());
        if (rest == null) {
          return false;
        }
        String usage = Argument.usage(rest);
        if (at == words.size() && !usage.isEmpty()) {
          open = open.isEmpty() ? usage : open + " " + usage;
        }
        return true;
      }
      default -> {
        at++;
        return true;
      }
    }
  }

  /** Returns choices as optional arguments, any of which may come next. */
  private static List<Argument> choices(List<Argument> parts) {
    return parts.stream()
        .map(part ->
            new Argument(
                part.name(),
                part.kind(),
                part.token(),
                true,
                part.multiple(),
                part.repeatsToken(),
                part.parts()))
        .toList();
  }

  private static Argument named(List<Argument> parts, Argument choice) {
    int index = choices(parts).indexOf(choice);
    return parts.get(index);
  }
}
