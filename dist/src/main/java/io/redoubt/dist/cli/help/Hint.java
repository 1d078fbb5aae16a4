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
    List<HelpArgument> rest = hint.take(doc.arguments());
    if (rest == null || hint.at < words.size()) {
      return null;
    }
    String usage = HelpArgument.usage(rest);
    return hint.open.isEmpty() || usage.isEmpty() ? hint.open + usage : hint.open + " " + usage;
  }

  private boolean isDone() {
    return at == words.size() || !open.isEmpty();
  }

  /**
   * Matches words to a sequence of arguments; returns the arguments left after the last word, or
   * null if a word does not fit.
   */
  private @Nullable List<HelpArgument> take(List<HelpArgument> arguments) {
    List<HelpArgument> rest = new ArrayList<>(arguments);
    while (!isDone() && !rest.isEmpty()) {
      HelpArgument taken = fitting(rest);
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
  private @Nullable HelpArgument fitting(List<HelpArgument> rest) {
    HelpArgument value = null;
    for (HelpArgument argument : rest) {
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

  private boolean startsWithToken(HelpArgument argument) {
    if (argument.kind() == HelpArgument.Kind.TOKEN || !argument.token().isEmpty()) {
      return argument.isToken(words.get(at));
    }
    return switch (argument.kind()) {
      case CHOICE -> argument.parts().stream().anyMatch(this::startsWithToken);
      case SEQUENCE -> !argument.parts().isEmpty() && fitsToken(argument.parts());
      default -> false;
    };
  }

  private boolean fitsToken(List<HelpArgument> sequence) {
    for (HelpArgument part : sequence) {
      if (startsWithToken(part)) {
        return true;
      }
      if (!part.optional()) {
        return false;
      }
    }
    return false;
  }

  private boolean takesAnyWord(HelpArgument argument) {
    if (argument.kind() == HelpArgument.Kind.TOKEN || !argument.token().isEmpty()) {
      return false;
    }
    return switch (argument.kind()) {
      case CHOICE -> argument.parts().stream().anyMatch(this::takesAnyWord);
      case SEQUENCE -> fitting(argument.parts()) != null;
      default -> true;
    };
  }

  /** Returns true if the next word repeats an argument and is not the token of another one. */
  private boolean repeats(HelpArgument argument) {
    return argument.repeatsToken() ? startsWithToken(argument) : takesAnyWordAfterToken(argument);
  }

  private boolean takesAnyWordAfterToken(HelpArgument argument) {
    return switch (argument.kind()) {
      case VALUE -> true;
      case TOKEN -> argument.isToken(words.get(at));
      case CHOICE, SEQUENCE -> fitting(argument.parts()) != null;
    };
  }

  /** Matches one occurrence of an argument; returns false if a word does not fit. */
  private boolean takeOne(HelpArgument argument) {
    if (argument.kind() == HelpArgument.Kind.TOKEN) {
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
        HelpArgument chosen = fitting(choices(argument.parts()));
        return chosen != null && takeOne(named(argument.parts(), chosen));
      }
      case SEQUENCE -> {
        List<HelpArgument> rest = take(argument.parts());
        if (rest == null) {
          return false;
        }
        String usage = HelpArgument.usage(rest);
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
  private static List<HelpArgument> choices(List<HelpArgument> parts) {
    return parts.stream()
        .map(part ->
            new HelpArgument(
                part.name(),
                part.kind(),
                part.token(),
                true,
                part.multiple(),
                part.repeatsToken(),
                part.parts()))
        .toList();
  }

  private static HelpArgument named(List<HelpArgument> parts, HelpArgument choice) {
    int index = choices(parts).indexOf(choice);
    return parts.get(index);
  }
}
