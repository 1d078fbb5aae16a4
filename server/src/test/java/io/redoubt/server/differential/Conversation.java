package io.redoubt.server.differential;

import io.redoubt.protocol.bytes.Quoting;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Sends the same requests to both twins, over several connections, one after another. Fails with
 * the last requests if replies differ.
 */
final class Conversation implements AutoCloseable {
  private static final int REMEMBERED = 120;

  /** The bytes of a reply that are shown before a difference. */
  private static final int SHOWN_BEFORE = 100;

  /**
   * Changes nothing but errno of the real server, whose SORT takes ERANGE that an earlier command
   * left, such as ZCOUNT up to 1e400, for an error of its own.
   */
  private static final String CLEARS_ERRNO = "ZADD none XX 0 member";

  private final List<Speaker> speakers = new ArrayList<>();
  private final Deque<String> last = new ArrayDeque<>();

  private record Speaker(WireConnection real, WireConnection ours, Leniency leniency) {}

  /** Opens a number of connections that use version {@code protocol} of RESP. */
  Conversation(Twins twins, int connections, String protocol) {
    for (int i = 0; i < connections; i++) {
      Speaker speaker = new Speaker(twins.real(), twins.ours(), new Leniency());
      speakers.add(speaker);
      speaker.real.call("HELLO", protocol);
      speaker.ours.call("HELLO", protocol);
    }
  }

  /** Sends a request over one of the connections and compares the replies. */
  void say(int connection, List<byte[]> request) {
    Speaker speaker = speakers.get(connection);
    var words = request.toArray(byte[][]::new);
    boolean sorts = new String(words[0], StandardCharsets.ISO_8859_1).matches("(?i)sort(_ro)?");
    if (sorts) {
      say(connection, CLEARS_ERRNO);
    }
    byte[] real = speaker.real.call(words);
    byte[] ours = speaker.ours.call(words);
    remember(connection, request, real);
    if (sorts) {
      speakers.forEach(each -> each.leniency.onSort());
    }
    boolean accepted;
    try {
      accepted = speaker.leniency.accepts(request, real, ours);
    } catch (IllegalStateException unreadable) {
      accepted = false;
    }
    if (!accepted) {
      int different = Arrays.mismatch(real, ours);
      throw new AssertionError(
          "Redis replies  %s%nwe reply       %s%nafter%n%s%n"
              .formatted(
                  shownAt(real, different), shownAt(ours, different), String.join("\n", last)));
    }
  }

  /** Shows a reply from shortly before the place where the two replies differ. */
  private static String shownAt(byte[] reply, int different) {
    int from = Math.max(0, different - SHOWN_BEFORE);
    return (from > 0 ? "…" : "")
        + shown(from > 0 ? Arrays.copyOfRange(reply, from, reply.length) : reply);
  }

  /** Sends a line of words over one of the connections. */
  void say(int connection, String line) {
    say(connection, Quoting.split(line));
  }

  /** Returns the reply of the real server on a connection. */
  byte[] askReal(int connection, byte[]... words) {
    return speakers.get(connection).real.call(words);
  }

  /** Returns the reply of the Redoubt server on a connection. */
  byte[] askOurs(int connection, byte[]... words) {
    return speakers.get(connection).ours.call(words);
  }

  /** Fails if two observations of the servers other than replies differ. */
  void expectSame(String what, Object real, Object ours) {
    if (!real.equals(ours)) {
      throw new AssertionError(
          "%s%nof Redis: %s%nof ours:  %s%nafter%n%s%n"
              .formatted(what, real, ours, String.join("\n", last)));
    }
  }

  /** Keeps a request and its reply for the message of a failure. */
  private void remember(int connection, List<byte[]> request, byte[] reply) {
    if (last.size() == REMEMBERED) {
      last.removeFirst();
    }
    var line = new StringBuilder().append(connection).append('>');
    for (byte[] word : request) {
      String quoted = Quoting.quote(word);
      boolean plain = quoted.matches("\"[!-~&&[^\\\\']]+\"");
      line.append(' ').append(plain ? quoted.substring(1, quoted.length() - 1) : quoted);
    }
    last.add(line.append("   -> ").append(shown(reply)).toString());
  }

  private static String shown(byte[] reply) {
    byte[] part = reply.length > 300 ? Arrays.copyOf(reply, 300) : reply;
    return Quoting.quote(part);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    for (Speaker speaker : speakers) {
      speaker.real.close();
      speaker.ours.close();
    }
  }
}
