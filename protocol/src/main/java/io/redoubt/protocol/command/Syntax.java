package io.redoubt.protocol.command;

import io.redoubt.protocol.command.usage.Argument;
import io.redoubt.protocol.command.usage.UsageLine;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The declaration of a command's arguments, from which arity and positions of keys follow. */
final class Syntax {
  /** The properties of a command that follow from its declaration. */
  record Derived(int arity, KeySpecs keySpecs, List<Argument> arguments) {}

  private final String usage;
  private final int nameWords;
  private final @Nullable Integer arity;
  private final List<Integer> keyFlags;
  private final List<KeySpec> explicitKeys;
  private final @Nullable MovableKeys movable;
  private final @Nullable String keyNote;

  /**
   * @param nameWords the number of words of the name at its start
   * @param arity the stated arity, or null if it follows from the usage line
   * @param keyFlags the access flags of each key spec that follows from the usage line
   * @param explicitKeys the key specs that do not
   * @param movable the finder of keys that key specs can't express, or null
   * @param keyNote the remark on all key specs, or null
   */
  Syntax(
      String usage,
      int nameWords,
      @Nullable Integer arity,
      List<Integer> keyFlags,
      List<KeySpec> explicitKeys,
      @Nullable MovableKeys movable,
      @Nullable String keyNote) {
    this.usage = usage;
    this.nameWords = nameWords;
    this.arity = arity;
    this.keyFlags = keyFlags;
    this.explicitKeys = explicitKeys;
    this.movable = movable;
    this.keyNote = keyNote;
  }

  /**
   * Parses the usage line.
   *
   * @throws IllegalArgumentException if it violates the grammar or has fewer keys than declared
   */
  Derived derive() {
    List<Argument> arguments = UsageLine.arguments(usage, nameWords);
    var binding = new KeyBinding(arguments, nameWords, keyFlags);
    List<KeySpec> specs = new ArrayList<>(binding.specs());
    specs.addAll(explicitKeys);
    String note = keyNote;
    if (note != null) {
      specs.replaceAll(spec -> spec.note(note));
    }
    return new Derived(
        arity != null ? arity : UsageLine.arity(arguments, nameWords),
        specs.isEmpty() && movable == null ? KeySpecs.NONE : new KeySpecs(specs, movable),
        binding.arguments());
  }
}
