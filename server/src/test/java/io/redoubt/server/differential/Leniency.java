package io.redoubt.server.differential;

import static java.util.stream.Collectors.joining;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Compares replies of two servers byte by byte, except for times, the order of tables and versions
 * of file formats. An instance tracks one connection, because the reply to EXEC depends on the
 * queued commands.
 */
final class Leniency {
  private static final byte[] QUEUED = "+QUEUED\r\n".getBytes(StandardCharsets.ISO_8859_1);

  /** The RDB version (2 bytes) and CRC-64 (8 bytes) at the end of a DUMP payload. */
  private static final int DUMP_FOOTER_BYTES = 10;

  /** The length byte of a string compressed by LZF, after the type byte. */
  private static final int LZF_STRING = 0xc3;

  static final int TOLERANCE_MILLIS = 2000;

  private static final Pattern RULES = Pattern.compile("[-+][^ \\]]+( [-+][^ \\]]+)+");

  private static final Pattern USER_DENIED = Pattern.compile("NOPERM User \\S+ has");

  private static final Pattern USER_DRY_RUN = Pattern.compile("User \\S+ has no permissions to");

  private static final String NO_ACCESS =
      "NOPERM this user has no permissions to access one of the ";

  /** The flag that 7.2 shows for each user, and 7.0 only if it was set. */
  private static final Pattern SANITIZES =
      Pattern.compile(", \\w+\\[(text=)?sanitize-payload\\]| sanitize-payload\\b");

  private final Deque<String> queued = new ArrayDeque<>();
  private boolean sorted;

  /** Records a use of SORT, which turns a small sorted set into a skip list in Redis. */
  void onSort() {
    sorted = true;
  }

  /** Returns true if the replies to a request are equivalent. */
  boolean accepts(List<byte[]> request, byte[] real, byte[] ours) {
    String command = new String(request.getFirst(), StandardCharsets.ISO_8859_1);
    command = command.toLowerCase(Locale.ROOT);
    if (command.equals("object") && request.size() > 1) {
      command += " " + new String(request.get(1), StandardCharsets.ISO_8859_1);
      command = command.toLowerCase(Locale.ROOT);
    }
    if (Arrays.equals(real, QUEUED)) {
      queued.add(command);
      return Arrays.equals(real, ours);
    }
    boolean same = Arrays.equals(real, ours) || alike(command, parse(real), parse(ours));
    if (List.of("exec", "discard").contains(command)) {
      queued.clear();
    }
    return same;
  }

  private boolean alike(String command, Reply real, Reply ours) {
    if (real.getClass() != ours.getClass() || real.isError()) {
      return real.equals(ours) || (ours.isError() && real.text().equals(oldDenial(ours.text())));
    }
    return switch (command) {
      case "ttl", "expiretime" -> near(real, ours, TOLERANCE_MILLIS / 1000);
      // Redis shares one object for each small number, with a common idle time.
      case "object idletime" -> near(real, ours, Integer.MAX_VALUE);
      case "pttl", "pexpiretime" -> near(real, ours, TOLERANCE_MILLIS);
      case "keys", "hkeys", "hvals", "smembers", "sinter", "sunion", "sdiff" ->
          sorted(real).equals(sorted(ours));
      case "hgetall" -> pairs(real).equals(pairs(ours));
      case "srandmember", "zrandmember" -> size(real) == size(ours); // random choice
      case "scan", "hscan", "sscan", "zscan", "randomkey" -> true;
      case "sort_ro" -> size(real) == size(ours); // the order of equals is open
      case "object refcount" -> true; // no reference counts here: 1 or Redis' shared value
      // 7.0 has no listpacks for small lists and sets.
      case "object encoding" ->
          ours.text().equals("listpack")
              && (List.of("quicklist", "hashtable").contains(real.text())
                  || (sorted && real.text().equals("skiplist")));
      case "dump" ->
          isCollection(real)
              || isCompressed(real)
              || isCompressed(ours)
              || Arrays.equals(withoutFooter(real), withoutFooter(ours));
      case "acl" ->
          inOneOrder(real.toString())
              .equals(inOneOrder(withoutDatabases(oldDryRun(ours.toString()))));
      case "exec" -> allAlike(real.elements(), ours.elements());
      default -> command.startsWith("z") && sameScores(real, ours);
    };
  }

  /** Returns the text with which 7.0 denies a command, a key or a channel. */
  private static String oldDenial(String text) {
    return USER_DENIED
        .matcher(text)
        .replaceFirst("NOPERM this user has")
        .replace("NOPERM No permissions to access a key", NO_ACCESS + "keys used as arguments")
        .replace(
            "NOPERM No permissions to access a channel", NO_ACCESS + "channels used as arguments");
  }

  /** Returns the text with which 7.0's ACL DRYRUN denies a command, a key or a channel. */
  private static String oldDryRun(String text) {
    return USER_DRY_RUN.matcher(text).replaceFirst("This user has no permissions to");
  }

  /** Returns a reply of ACL GETUSER without the field that Valkey 9.1 added. */
  private static String withoutDatabases(String reply) {
    return reply.replace(", Bulk[databases]", "").replace(", Bulk[alldbs]", "");
  }

  /** Compares replies with scores by value, because 7.0 prints surplus digits. */
  private static boolean sameScores(Reply real, Reply ours) {
    if (real instanceof Reply.Array) {
      List<Reply> reals = real.elements();
      List<Reply> own = ours.elements();
      return reals.size() == own.size()
          && IntStream.range(0, reals.size()).allMatch(i -> sameScores(reals.get(i), own.get(i)));
    }
    if (real.equals(ours)) {
      return true;
    }
    return real.getClass() == ours.getClass()
        && (real instanceof Reply.Bulk || real instanceof Reply.Double)
        && Doubles.parseOrNaN(real.text()) == Doubles.parseOrNaN(ours.text());
  }

  private boolean allAlike(List<Reply> real, List<Reply> ours) {
    if (real.size() != ours.size() || real.size() != queued.size()) {
      return false;
    }
    for (int i = 0; i < real.size(); i++) {
      String command = queued.remove();
      if (!real.get(i).equals(ours.get(i)) && !alike(command, real.get(i), ours.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Sorts ACL rules, which 7.0 reorders and 7.2 keeps in the given order. */
  private static String inOneOrder(String rules) {
    return RULES
        .matcher(SANITIZES.matcher(rules).replaceAll(""))
        .replaceAll(match -> Stream.of(match.group().split(" ")).sorted().collect(joining(" ")));
  }

  private static boolean near(Reply real, Reply ours, long tolerance) {
    return real.number() >= 0
        && ours.number() >= 0
        && Math.abs(real.number() - ours.number()) <= tolerance;
  }

  /** Returns the pairs of a map, sorted, for either version of the protocol. */
  private static List<String> pairs(Reply reply) {
    if (reply instanceof Reply.Map map) {
      return sortedPairs(map.keys(), map.values());
    }
    List<Reply> elements = reply.elements();
    List<Reply> keys = new ArrayList<>();
    List<Reply> values = new ArrayList<>();
    for (int i = 0; i < elements.size(); i++) {
      (i % 2 == 0 ? keys : values).add(elements.get(i));
    }
    return sortedPairs(keys, values);
  }

  private static List<String> sortedPairs(List<Reply> keys, List<Reply> values) {
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      pairs.add(keys.get(i) + "=" + values.get(i));
    }
    Collections.sort(pairs);
    return pairs;
  }

  private static int size(Reply reply) {
    return reply instanceof Reply.Bulk ? 1 : reply.elements().size();
  }

  private static List<String> sorted(Reply reply) {
    return reply.elements().stream().map(Reply::toString).sorted().toList();
  }

  /** Returns true for collections, whose payloads differ; RESTORE compares their content. */
  private static boolean isCollection(Reply reply) {
    return ((Reply.Bulk) reply).bytes()[0] != 0;
  }

  /**
   * Returns true for compressed strings: two compressors may differ, and RESTORE compares the
   * content.
   */
  private static boolean isCompressed(Reply reply) {
    return (((Reply.Bulk) reply).bytes()[1] & 0xff) == LZF_STRING;
  }

  private static byte[] withoutFooter(Reply reply) {
    byte[] payload = ((Reply.Bulk) reply).bytes();
    return Arrays.copyOf(payload, payload.length - DUMP_FOOTER_BYTES);
  }

  /** Parses a reply. */
  static Reply parse(byte[] wire) {
    var decoder = new ReplyDecoder();
    decoder.feed(wire, 0, wire.length);
    try {
      Reply reply = decoder.next();
      if (reply == null) {
        throw new IllegalStateException("not whole");
      }
      return reply;
    } catch (ProtocolException e) {
      throw new IllegalStateException(e);
    }
  }
}
