package io.redoubt.server.script;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.command.CommandError;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first line of a script or library: {@code #!lua name=mylib flags=no-writes,allow-oom}.
 *
 * @param name the library's name, or null if the line has none
 * @param flags the script's flags; null if the text has no such line
 * @param bytes the length of the line without its end; 0 if there is none
 */
public record Shebang(@Nullable String name, @Nullable Set<ScriptFlag> flags, int bytes) {

  /** The shebang of a text without one. */
  public static final Shebang NONE = new Shebang(null, null, 0);

  /**
   * Parses the first line of a script.
   *
   * @throws CommandError if it is malformed
   */
  public static Shebang ofScript(String text) {
    return read(text, false);
  }

  /**
   * Parses the first line of a library, which must name it.
   *
   * @throws CommandError if it is missing or malformed
   */
  public static Shebang ofLibrary(String text) {
    if (!text.startsWith("#!")) {
      throw new CommandError("ERR Missing library metadata");
    }
    return read(text, true);
  }

  private static Shebang read(String text, boolean library) {
    if (!text.startsWith("#!")) {
      return NONE;
    }
    int end = text.indexOf('\n');
    List<byte[]> words = end < 0 ? null : Quoting.split(text.substring(0, end));
    if (words == null) {
      throw new CommandError(
          library ? "ERR Invalid library metadata" : "ERR Invalid script shebang");
    }
    String engine = string(words.getFirst()).substring(2);
    if (!engine.equalsIgnoreCase("lua")) {
      throw new CommandError(
          library
              ? "ERR Engine '" + engine + "' not found"
              : "ERR Unexpected engine in script shebang: #!" + engine);
    }
    String name = null;
    Set<ScriptFlag> flags = EnumSet.noneOf(ScriptFlag.class);
    for (byte[] bytes : words.subList(1, words.size())) {
      String word = string(bytes);
      if (library && word.startsWith("name=")) {
        if (name != null) {
          throw new CommandError(
              "ERR Invalid metadata value, name argument was given multiple times");
        }
        name = word.substring("name=".length());
      } else if (!library && word.startsWith("flags=")) {
        addFlags(flags, word.substring("flags=".length()));
      } else {
        throw new CommandError(
            (library ? "ERR Invalid metadata value given: " : "ERR Unknown lua shebang option: ")
                + word);
      }
    }
    if (library && name == null) {
      throw new CommandError("ERR Library name was not given");
    }
    return new Shebang(name, flags, end);
  }

  private static String string(byte[] word) {
    return new String(word, StandardCharsets.ISO_8859_1);
  }

  private static void addFlags(Set<ScriptFlag> flags, String list) {
    for (String word : list.split(",", -1)) {
      if (word.isEmpty()) {
        continue;
      }
      ScriptFlag flag = ScriptFlag.named(word);
      if (flag == null) {
        throw new CommandError("ERR Unexpected flag in script shebang: " + word);
      }
      flags.add(flag);
    }
  }
}
