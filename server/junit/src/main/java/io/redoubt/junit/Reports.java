package io.redoubt.junit;

import io.redoubt.embedded.GroupMember;
import io.redoubt.protocol.resp.Reply;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The report on a server after a failed test. */
final class Reports {
  private static final String SLOW_COMMANDS = "10";
  private static final int SLOW_MICROS = 2;
  private static final int SLOW_WORDS = 3;

  /** Executes a command. */
  @FunctionalInterface
  interface Executor {
    Reply execute(String... words);
  }

  private Reports() {}

  /** Returns the log of a member and, if it is a data server that answers, its slow commands. */
  static String of(GroupMember member) {
    boolean answers = member.isServing() && !member.name().startsWith("sentinel");
    return of(member.toString(), member.log(), answers ? member::execute : null);
  }

  /**
   * Returns the log and the slow commands of a server.
   *
   * @param executor null if the server does not answer
   */
  static String of(String name, List<String> log, @Nullable Executor executor) {
    StringBuilder text = new StringBuilder("--- log of ").append(name).append('\n');
    log.forEach(line -> text.append(line).append('\n'));
    if (executor != null) {
      try {
        append(text, executor.execute("SLOWLOG", "GET", SLOW_COMMANDS));
      } catch (IllegalStateException | UncheckedIOException ended) {
        text.append("--- it has ended\n");
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Reply slow) {
    if (slow instanceof Reply.Array(List<Reply> entries) && !entries.isEmpty()) {
      text.append("--- slow commands, the last one first\n");
      for (Reply entry : entries) {
        List<Reply> fields = entry.elements();
        text.append(fields.get(SLOW_MICROS).number()).append(" us: ");
        text.append(
            fields.get(SLOW_WORDS).elements().stream()
                .map(Reply::text)
                .collect(Collectors.joining(" ")));
        text.append('\n');
      }
    }
  }
}
