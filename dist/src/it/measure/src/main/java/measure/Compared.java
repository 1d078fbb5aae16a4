package measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares the ways to run Redis in a Java test and prints a table. With the property {@code
 * measure.differences}, also prints the commands that a way does not know or answers differently.
 */
final class Compared {
  /**
   * With thirty arguments no command does harm: it refuses them, or uses a key of this name. Some
   * commands refuse their number of arguments with the text for an unknown subcommand.
   */
  private static final int[] ARGUMENT_COUNTS = {30, 0, 1, 2, 3, 4};

  private static final String NO_REPLY = "no reply: ";

  private static final long PATIENCE_MILLIS = 5000;

  /** A line of replies.txt, and a server's answer. */
  private record Answer(String request, String reply) {}

  private Compared() {}

  /** Compares products, by their names here; all without one. */
  static void all(List<String> names) throws Exception {
    List<List<String>> commands;
    try (Product.Running real = Product.REAL.answering()) {
      commands = commandsOf(real.port());
      System.out.println("Compared with Redis " + version(real.port()));
    }
    List<Answer> expected = expected();
    Set<String> suite = Suite.isThere() ? Suite.passed(Product.REAL) : Set.of();
    System.out.println(
        "| | first server of a JVM, ms | commands | replies as a real one | tests of its suite |"
            + " Lua | replication | sentinel |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    List<Product> products =
        names.isEmpty() ? List.of(Product.values()) : names.stream().map(Product::of).toList();
    for (Product product : products) {
      List<Answer> answers;
      boolean replicates;
      try (Product.Running running = product.answering()) {
        answers = answers(running.port());
        replicates = replicates(product, running.port());
      }
      System.out.printf(
          "| %s | %s | %d of %d | %d of %d | %d of %d | %s | %s | %s |%n",
          product.title(),
          product == Product.REAL ? "" : Starts.cold(List.of(), product.name()),
          known(product, commands),
          commands.size(),
          equal(product, answers, expected),
          expected.stream().filter(Objects::nonNull).count(),
          passed(product, suite),
          suite.size(),
          yes(
              answers.stream()
                  .anyMatch(each ->
                      each.request().startsWith("EVAL \"return redis.call('GET'")
                          && each.reply().equals("\"v\""))),
          yes(replicates),
          product == Product.REAL ? "" : yes(product.failsOver()));
    }
  }

  /** Counts tests that a real server passes, too. */
  private static int passed(Product product, Set<String> expected) throws Exception {
    if (expected.isEmpty()) {
      return 0;
    }
    Set<String> passed = Suite.passed(product);
    int count = 0;
    for (String test : new TreeSet<>(expected)) {
      count += passed.contains(test) ? 1 : 0;
      differ(!passed.contains(test), product, "test", test);
    }
    return count;
  }

  /**
   * Returns the replies of a real server, null where two runs differ: a random order proves
   * nothing.
   */
  private static List<Answer> expected() throws Exception {
    List<List<Answer>> runs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (Product.Running real = Product.REAL.answering()) {
        runs.add(answers(real.port()));
      }
    }
    List<Answer> expected = new ArrayList<>();
    for (int i = 0; i < runs.getFirst().size(); i++) {
      Answer first = runs.getFirst().get(i);
      boolean same = first.equals(runs.getLast().get(i));
      differ(!same, Product.REAL, first.request(), "not the same twice: left out");
      expected.add(same ? first : null);
    }
    return expected;
  }

  private static String version(int port) throws IOException {
    try (Wire wire = new Wire(port)) {
      return wire.call("INFO", "server").replaceAll("(?s).*redis_version:(\\S+).*", "$1");
    }
  }

  private static String yes(boolean can) {
    return can ? "yes" : "no";
  }

  /** Returns the names of commands and subcommands, as words. */
  private static List<List<String>> commandsOf(int port) throws IOException {
    try (Wire wire = new Wire(port)) {
      List<List<String>> commands = new ArrayList<>();
      for (String name : wire.call("COMMAND", "LIST").split("\\W*[\\[\\], \"]+\\W*")) {
        if (!name.isBlank()) {
          commands.add(List.of(name.split("\\|")));
        }
      }
      return commands;
    }
  }

  /**
   * Counts the commands that a server does not refuse. Uses a new server, because the commands may
   * leave it in any state.
   */
  private static int known(Product product, List<List<String>> commands) throws Exception {
    try (Product.Running running = product.answering()) {
      return known(product, running.port(), commands);
    }
  }

  private static int known(Product product, int port, List<List<String>> commands) {
    int known = 0;
    for (List<String> command : commands) {
      String reply = "";
      boolean unknown = true;
      for (int i = 0; unknown && i < ARGUMENT_COUNTS.length; i++) {
        reply = reply(port, command, ARGUMENT_COUNTS[i]);
        unknown = isRefusal(reply);
      }
      known += unknown ? 0 : 1;
      differ(unknown, product, String.join(" ", command), reply);
    }
    return known;
  }

  private static String reply(int port, List<String> command, int arguments) {
    List<String> request = new ArrayList<>(command);
    request.addAll(Collections.nCopies(arguments, "x"));
    try (Wire wire = new Wire(port)) {
      return wire.call(request).toLowerCase(Locale.ROOT);
    } catch (IOException none) {
      return NO_REPLY + none.getMessage();
    }
  }

  private static boolean isRefusal(String reply) {
    return reply.startsWith(NO_REPLY)
        || reply.startsWith("-unsupported operation") // jedis-mock
        || reply.startsWith("-err unknown command")
        || reply.startsWith("-err unknown subcommand");
  }

  /** Runs replies.txt: each case over a new connection to an empty server. */
  private static List<Answer> answers(int port) throws IOException {
    List<Answer> answers = new ArrayList<>();
    Wire wire = new Wire(port);
    try (InputStream in = Compared.class.getResourceAsStream("replies.txt");
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          wire.close();
          wire = new Wire(port);
          wire.call("FLUSHALL");
        } else if (!line.startsWith("#")) {
          String reply;
          try {
            reply = wire.call(words(line));
          } catch (IOException none) {
            reply = NO_REPLY + none.getMessage();
            wire.close();
            wire = new Wire(port);
          }
          answers.add(new Answer(line, reply));
        }
      }
    } finally {
      wire.close();
    }
    return answers;
  }

  /** Counts equal replies. */
  private static int equal(Product product, List<Answer> answers, List<Answer> expected) {
    int equal = 0;
    for (int i = 0; i < expected.size(); i++) {
      if (expected.get(i) == null) {
        continue;
      }
      boolean same = answers.get(i).equals(expected.get(i));
      equal += same ? 1 : 0;
      differ(
          !same,
          product,
          expected.get(i).request(),
          answers.get(i).reply() + "\n  " + expected.get(i).reply());
    }
    return equal;
  }

  private static void differ(boolean differs, Product product, String request, String how) {
    if (differs && Boolean.getBoolean("measure.differences")) {
      System.out.printf("%s: %s%n  %s%n", product.title(), request, how);
    }
  }

  /** Returns true if a second server of the product replicates the writes to the first one. */
  private static boolean replicates(Product product, int masterPort) throws Exception {
    try (Product.Running replica = product.answering();
        Wire to = new Wire(masterPort);
        Wire from = new Wire(replica.port())) {
      if (!from.call("REPLICAOF", "127.0.0.1", "" + masterPort).startsWith("+")) {
        return false;
      }
      to.call("SET", "replicated", "yes");
      long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
      while (System.nanoTime() < end) {
        if (from.call("GET", "replicated").equals("\"yes\"")) {
          return true;
        }
        Thread.sleep(20);
      }
    } catch (IOException refused) {
      return false;
    }
    return false;
  }

  /** Splits a line at spaces; double quotes hold a word together and allow {@code \n}. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    boolean begun = false;
    for (char c : (line.replace("\\n", "\n") + " ").toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
        begun = true;
      } else if (c == ' ' && !quoted) {
        if (begun) {
          words.add(word.toString());
        }
        word.setLength(0);
        begun = false;
      } else {
        word.append(c);
        begun = true;
      }
    }
    return words;
  }
}
