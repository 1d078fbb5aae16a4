package io.redoubt.protocol.command.usage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Parses the usage line of a command. The grammar:
 *
 * <pre>
 *   usage    = NAME... choice          the command's name, then its arguments
 *   choice   = sequence ( "|" sequence )*
 *   sequence = item+
 *   item     = ( word | "[" choice "]" | "(" choice ")" ) [ notes ] [ "..." ]
 *   word     = a literal if it has no lower case letter, otherwise an argument
 *   notes    = "{" note ( "," note )* "}"
 *   note     = TYPE                    one of {@link Argument.Type}, where the word's own is another
 *            | "key" INDEX             a key that the key spec of that index covers
 *            | "since" VERSION         the version of Redis that added it
 *            | "deprecated" VERSION    the version that deprecated it
 *            | NAME                    its name in COMMAND DOCS, where it isn't the word
 * </pre>
 *
 * <p>A literal before an argument introduces it ({@code EX seconds}); brackets that open with a
 * literal and contain several arguments form a block with that token ({@code [LIMIT offset
 * count]}), unless one of these is a group or can be left out ({@code [COUNT count [ANY]]}).
 */
public final class UsageLine {
  private static final String REPEATED = "...";

  /** The literal that stands for an empty argument. */
  private static final String EMPTY = "\"\"";

  private static final Set<String> INTEGERS =
      Set.of(
          "seconds",
          "milliseconds",
          "count",
          "offset",
          "index",
          "start",
          "stop",
          "end",
          "increment",
          "decrement",
          "numkeys",
          "numreplicas",
          "numlocal",
          "port",
          "db",
          "index1",
          "index2",
          "len",
          "length",
          "bits",
          "cursor",
          "threshold",
          "rank",
          "maxlen",
          "bit",
          "version",
          "protover",
          "client-id",
          "clientid",
          "quorum",
          "iterations",
          "level",
          "id-or-count",
          "slot",
          "start-slot",
          "end-slot",
          "config-epoch",
          "destination-db",
          "entries-added",
          "entries-read",
          "frequency",
          "limit",
          "min-match-len",
          "ms",
          "num-matches",
          "ttl",
          "cluster-bus-port",
          "weight");
  private static final Set<String> DOUBLES =
      Set.of("score", "longitude", "latitude", "radius", "width", "height", "timeout");

  private final List<String> tokens = new ArrayList<>();
  private final String line;
  private int next;

  private UsageLine(String line) {
    this.line = line;
    int at = 0;
    while (at < line.length()) {
      int end = tokenEnd(at);
      if (line.charAt(at) != ' ') {
        tokens.add(line.substring(at, end));
      }
      at = end;
    }
  }

  /** Returns the end of the token that begins at {@code start}. */
  private int tokenEnd(int start) {
    char first = line.charAt(start);
    if (line.startsWith(REPEATED, start)) {
      return start + REPEATED.length();
    }
    if (first == '{') {
      int end = line.indexOf('}', start);
      if (end < 0) {
        throw malformed("} missing");
      }
      return end + 1;
    }
    int end = start + 1;
    if (!isDelimiter(first)) {
      while (end < line.length() && !endsWord(end)) {
        end++;
      }
    }
    return end;
  }

  private boolean endsWord(int at) {
    char c = line.charAt(at);
    return c == '.' ? line.startsWith(REPEATED, at) : isDelimiter(c);
  }

  private static boolean isDelimiter(char c) {
    return switch (c) {
      case ' ', '[', ']', '(', ')', '{', '|' -> true;
      default -> false;
    };
  }

  /**
   * Parses the arguments of a usage line.
   *
   * @param nameWords the number of words of the command's name at its start
   * @throws IllegalArgumentException if the line violates the grammar
   */
  public static List<Argument> arguments(String line, int nameWords) {
    var usage = new UsageLine(line);
    usage.next = nameWords;
    if (usage.next == usage.tokens.size()) {
      return List.of();
    }
    List<List<Argument>> choices = usage.choice();
    if (usage.next != usage.tokens.size()) {
      throw usage.malformed("unexpected " + usage.tokens.get(usage.next));
    }
    return choices.size() == 1 ? choices.getFirst() : List.of(oneOf(choices));
  }

  /**
   * Returns Redis' arity: the number of arguments including the name, negative if it is a minimum.
   */
  public static int arity(List<Argument> arguments, int nameWords) {
    int min = nameWords;
    boolean variable = false;
    for (Argument argument : arguments) {
      min += argument.optional() ? 0 : argument.minLength();
      variable |= argument.isVariable();
    }
    return variable ? -min : min;
  }

  /** Returns a usage line without its notes, as users read it. */
  public static String withoutNotes(String line) {
    return line.replaceAll("\\{[^}]*}", "");
  }

  private List<List<Argument>> choice() {
    var choices = new ArrayList<List<Argument>>();
    choices.add(sequence());
    while (peek("|")) {
      next++;
      choices.add(sequence());
    }
    return choices;
  }

  private List<Argument> sequence() {
    var items = new ArrayList<Argument>();
    while (next < tokens.size() && !peek("|") && !peek("]") && !peek(")")) {
      items.add(item());
    }
    if (items.isEmpty()) {
      throw malformed("nothing where something should stand");
    }
    return items;
  }

  private Argument item() {
    String token = tokens.get(next++);
    Argument argument;
    switch (token) {
      case "[" -> {
        argument = grouped(choice()).asOptional();
        close("]");
      }
      case "(" -> {
        argument = grouped(choice());
        close(")");
      }
      case REPEATED -> throw malformed("nothing to repeat");
      default -> argument = isLiteral(token) ? literal(token) : plain(token);
    }
    argument = noted(argument);
    if (peek(REPEATED)) {
      next++;
      argument = argument.asMultiple();
    }
    return argument;
  }

  /** Parses a literal, together with the argument or choice that it introduces. */
  private Argument literal(String token) {
    boolean introduces =
        next < tokens.size()
            && (tokens.get(next).equals("(")
                || (isName(tokens.get(next)) && !isLiteral(tokens.get(next))));
    if (introduces) {
      return item().withToken(token);
    }
    String word = token.equals(EMPTY) ? "" : token;
    return Argument.of(token.toLowerCase(Locale.ROOT), Argument.Type.PURE_TOKEN, word, List.of());
  }

  /** Applies the notes that follow, if any. */
  private Argument noted(Argument argument) {
    if (next == tokens.size() || !tokens.get(next).startsWith("{")) {
      return argument;
    }
    String notes = tokens.get(next++);
    for (String note : notes.substring(1, notes.length() - 1).split(",", -1)) {
      argument = noted(argument, note.strip());
    }
    return argument;
  }

  private Argument noted(Argument argument, String note) {
    String[] words = note.split(" ", 2);
    if (words.length == 2) {
      return switch (words[0]) {
        case "since" ->
            argument.in(new Argument.Versions(words[1], argument.versions().deprecatedSince()));
        case "deprecated" ->
            argument.in(new Argument.Versions(argument.versions().since(), words[1]));
        case "key" -> argument.asKeyOf(Integer.parseInt(words[1]));
        default -> throw malformed("unknown note " + note);
      };
    }
    for (Argument.Type type : Argument.Type.values()) {
      if (type.label().equals(note)) {
        return argument.ofType(type);
      }
    }
    return argument.named(note);
  }

  private static Argument grouped(List<List<Argument>> choices) {
    return choices.size() == 1 ? block(choices.getFirst()) : oneOf(choices);
  }

  private static Argument block(List<Argument> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    Argument head = parts.getFirst();
    boolean introduced = head.token() != null && head.type() != Argument.Type.PURE_TOKEN;
    if (introduced && isFixed(parts)) {
      var members = new ArrayList<>(parts);
      members.set(0, head.withToken(null));
      return Argument.of(names(members), Argument.Type.BLOCK, head.token(), members);
    }
    return Argument.of(names(parts), Argument.Type.BLOCK, null, parts);
  }

  private static boolean isFixed(List<Argument> parts) {
    for (Argument part : parts) {
      if (part.optional() || !part.parts().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private static Argument oneOf(List<List<Argument>> choices) {
    var parts = new ArrayList<Argument>();
    for (List<Argument> choice : choices) {
      parts.add(block(choice));
    }
    return Argument.of(names(parts), Argument.Type.ONEOF, null, parts);
  }

  private static String names(List<Argument> parts) {
    var joined = new StringBuilder();
    for (Argument part : parts) {
      joined.append(joined.isEmpty() ? "" : "_").append(part.name());
    }
    return joined.toString();
  }

  private static Argument plain(String name) {
    Argument.Type type = Argument.Type.STRING;
    if (name.startsWith("unix-time")) {
      type = Argument.Type.UNIX_TIME;
    } else if (INTEGERS.contains(name)) {
      type = Argument.Type.INTEGER;
    } else if (DOUBLES.contains(name)) {
      type = Argument.Type.DOUBLE;
    } else if (name.equals("pattern")) {
      type = Argument.Type.PATTERN;
    }
    return Argument.of(name, type, null, List.of());
  }

  private void close(String bracket) {
    if (!peek(bracket)) {
      throw malformed(bracket + " missing");
    }
    next++;
  }

  private boolean peek(String token) {
    return next < tokens.size() && tokens.get(next).equals(token);
  }

  private static boolean isName(String token) {
    return !token.equals(REPEATED) && !isDelimiter(token.charAt(0));
  }

  private static boolean isLiteral(String token) {
    for (int i = 0; i < token.length(); i++) {
      if (token.charAt(i) >= 'a' && token.charAt(i) <= 'z') {
        return false;
      }
    }
    return true;
  }

  private IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("usage line \"" + line + "\": " + what);
  }
}
