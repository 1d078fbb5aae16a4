package io.redoubt.protocol.command;

import io.redoubt.protocol.command.usage.Argument;
import java.util.ArrayList;
import java.util.List;

/** Derives key specs from the arguments of a usage line, and marks those arguments as keys. */
final class KeyBinding {
  private final List<Argument> arguments;
  private final List<KeySpec> specs = new ArrayList<>();

  /**
   * Derives one key spec for each element of {@code flags}.
   *
   * @param flags the access flags of each key spec
   * @throws IllegalArgumentException if the usage line has fewer keys, or keys without a fixed
   *     index
   */
  KeyBinding(List<Argument> usage, int nameWords, List<Integer> flags) {
    arguments = new ArrayList<>(usage);
    int place = nameWords;
    int i = 0;
    while (specs.size() < flags.size()) {
      if (i >= usage.size()) {
        throw new IllegalArgumentException("more keys(...) than keys in the usage line: " + usage);
      }
      int mask = flags.get(specs.size());
      boolean isLast = specs.size() == flags.size() - 1;
      Argument argument = usage.get(i);
      int next = i + 1;
      if (argument.name().equals("numkeys") && next < usage.size()) {
        mark(next++, specs.size());
        specs.add(KeySpec.index(place).keynum(0, 1, 1).with(mask));
      } else if (isKey(argument) && argument.multiple()) {
        mark(i, specs.size());
        specs.add(KeySpec.index(place).range(-1 - wordsAfter(i), argument.minLength()).with(mask));
      } else if (isKey(argument)) {
        mark(i, specs.size());
        while (isLast
            && next < usage.size()
            && isKey(usage.get(next))
            && !usage.get(next).multiple()) {
          mark(next++, specs.size());
        }
        specs.add(KeySpec.index(place).range(next - 1 - i, 1).with(mask));
      }
      place += argument.minLength();
      i = next;
    }
  }

  List<KeySpec> specs() {
    return specs;
  }

  List<Argument> arguments() {
    return List.copyOf(arguments);
  }

  private void mark(int i, int spec) {
    Argument argument = arguments.get(i);
    if (argument.type() == Argument.Type.BLOCK) {
      var parts = new ArrayList<>(argument.parts());
      parts.set(0, parts.getFirst().asKeyOf(spec));
      arguments.set(i, argument.withParts(parts));
    } else {
      arguments.set(i, argument.asKeyOf(spec));
    }
  }

  private int wordsAfter(int i) {
    int words = 0;
    for (Argument argument : arguments.subList(i + 1, arguments.size())) {
      if (argument.isVariable()) {
        throw new IllegalArgumentException(
            "a variable argument follows the repeated key: " + arguments);
      }
      words += argument.minLength();
    }
    return words;
  }

  private static boolean isKey(Argument argument) {
    if (argument.type() == Argument.Type.BLOCK) {
      return argument.token() == null && isKey(argument.parts().getFirst());
    }
    String name = argument.name();
    return argument.token() == null
        && (name.equals("key")
            || (name.length() == 4 && name.startsWith("key") && Character.isDigit(name.charAt(3)))
            || name.endsWith("key")
            || name.equals("source")
            || name.startsWith("destination")
            || name.equals("dst")
            || name.equals("src"));
  }
}
