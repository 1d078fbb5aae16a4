package io.redoubt.protocol.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the usage line of a command. The grammar:
 *
 * <pre>
 *   usage    = NAME... choice          the command's name, then its arguments
 *   choice   = sequence ( "|" sequence )*
 *   sequence = item+
 *   item     = ( word | "[" choice "]" | "(" choice ")" ) [ "..." ]
 *   word     = a literal if it has no lower case letter, otherwise an argument
 * </pre>
 *
 * <p>A literal before an argument introduces it ({@code EX seconds}); brackets that open with a
 * literal and contain several arguments form a block with that token ({@code [LIMIT offset
 * count]}).
 */
final class UsageLine {
  private static final Pattern TOKEN =
      Pattern.compile("\\.\\.\\.|[\\[\\]()|]|[^\\s\\[\\]()|]+?(?=\\.\\.\\.|[\\s\\[\\]()|]|$)");
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
          "id-or-count");
  private static final Set<String> DOUBLES =
      Set.of(
          "score",
          "weight",
          "increment-float",
          "longitude",
          "latitude",
          "radius",
          "width",
          "height",
          "timeout-seconds");

  private final List<String> tokens = new ArrayList<>();
  private final String line;
  private int next;

  private UsageLine(String line) {
    this.line = line;
    Matcher matcher = TOKEN.matcher(line);
    while (matcher.find()) {
      tokens.add(matcher.group());
    }
  }

  /**
   * Parses the arguments of a usage line.
   *
   * @param line the whole line
   * @param nameWords the number of words of the command's name at its start
   * @throws IllegalArgumentException if the line violates the grammar
   */
  static List<Argument> arguments(String line, int nameWords) {
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
  static int arity(List<Argument> arguments, int nameWords) {
    int min = nameWords;
    boolean variable = false;
    for (Argument argument : arguments) {
      min += argument.optional() ? 0 : argument.minLength();
      variable |= argument.isVariable();
    }
    return variable ? -min : min;
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
      case "..." -> throw malformed("nothing to repeat");
      default -> argument = isLiteral(token) ? literal(token) : plain(token);
    }
    if (peek("...")) {
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
    return new Argument(
        token.toLowerCase(Locale.ROOT),
        Argument.Type.PURE_TOKEN,
        token,
        false,
        false,
        false,
        -1,
        List.of());
  }

  private static Argument grouped(List<List<Argument>> choices) {
    return choices.size() == 1 ? block(choices.getFirst()) : oneOf(choices);
  }

  private static Argument block(List<Argument> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    Argument head = parts.getFirst();
    if (head.token() != null && head.type() != Argument.Type.PURE_TOKEN && !head.optional()) {
      var members = new ArrayList<>(parts);
      members.set(0, withoutToken(head));
      return node(names(members), Argument.Type.BLOCK, head.token(), members);
    }
    return node(names(parts), Argument.Type.BLOCK, null, parts);
  }

  private static Argument oneOf(List<List<Argument>> choices) {
    var parts = new ArrayList<Argument>();
    for (List<Argument> choice : choices) {
      parts.add(block(choice));
    }
    return node(names(parts), Argument.Type.ONEOF, null, parts);
  }

  private static Argument node(
      String name,
      Argument.Type type,
      @org.jspecify.annotations.Nullable String token,
      List<Argument> parts) {
    return new Argument(name, type, token, false, false, false, -1, List.copyOf(parts));
  }

  private static Argument withoutToken(Argument argument) {
    return new Argument(
        argument.name(),
        argument.type(),
        null,
        argument.optional(),
        argument.multiple(),
        false,
        argument.keySpec(),
        argument.parts());
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
    return new Argument(name, type, null, false, false, false, -1, List.of());
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
    return !token.equals("...") && "[]()|".indexOf(token.charAt(0)) < 0;
  }

  private static boolean isLiteral(String token) {
    for (int i = 0; i < token.length(); i++) {
      if (Character.isLowerCase(token.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("usage line \"" + line + "\": " + what);
  }
}
