package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The observable data of a server: digests of values, expiries, consumer groups of streams. */
final class DataState {
  static final int DATABASES = 3;

  /** The margin around now in which expiry times are not compared. */
  private static final long MARGIN_MILLIS = 10_000;

  /** Figures of a stream that depend on its layout or on the time when a consumer was seen. */
  private static final Set<String> PASSING =
      Set.of(
          "radix-tree-keys",
          "radix-tree-nodes",
          "seen-time",
          "active-time",
          "lag",
          "pids-tracked",
          "iids-tracked");

  /** The fields of idempotent ids, which payloads lack. */
  private static final Set<String> IDEMPOTENCY =
      Set.of("idmp-duration", "idmp-maxsize", "iids-added", "iids-duplicates");

  /** Figures that wrap in Redis and saturate here. */
  private static final Set<String> COUNTERS = Set.of("entries-added", "entries-read");

  /** The strictness of a comparison. */
  enum Care {
    /** Compares everything but the times at which consumers were seen. */
    ALL,
    /** For a rewritten append-only file, which lacks pending entries that were deleted. */
    COMMANDS,
    /** For another server with the same commands: ignores the times of deliveries. */
    TWIN,
    /** For a restored payload, which lacks the idempotent ids of a stream. */
    PAYLOAD
  }

  private record Key(
      String type, String digest, String scores, long expiry, String fields, List<Reply> stream) {}

  private final Map<String, Key> keys = new TreeMap<>();
  private String functions = "";
  private final Set<String> passing = new TreeSet<>(); // keys that expire about now

  private DataState() {}

  /** Reads the state of the server at the other end of a connection. */
  static DataState of(RespClient client, boolean withFields) throws IOException {
    DataState state = new DataState();
    for (int database = 0; database < DATABASES; database++) {
      client.call("SELECT", "" + database);
      for (Reply name : client.call("KEYS", "*").elements()) {
        byte[] key = bytes(name);
        Key seen = key(client, key, withFields);
        if (seen.fields.equals("soon")) {
          state.passing.add(name(database, key));
        } else {
          state.keys.put(name(database, key), seen);
        }
      }
    }
    client.call("SELECT", "0");
    Set<String> libraries = new TreeSet<>();
    for (Reply library : client.call("FUNCTION", "LIST", "WITHCODE").elements()) {
      libraries.add(library.toString());
    }
    state.functions = libraries.toString();
    return state;
  }

  private static String name(int database, byte[] key) {
    return database + ":" + new String(key, ISO_8859_1);
  }

  private static Key key(RespClient client, byte[] key, boolean withFields) throws IOException {
    String type = client.call(ascii("TYPE"), key).text();
    long expiry = client.call(ascii("PEXPIRETIME"), key).number();
    if (expiry == -2 || (expiry > 0 && expiry < System.currentTimeMillis() + MARGIN_MILLIS)) {
      return new Key(type, "", "", expiry, "soon", List.of());
    }
    String fields = type.equals("hash") && withFields ? fields(client, key) : "";
    String digest =
        type.equals("hash") && withFields
            ? pairs(client, key)
            : client.call(ascii("DEBUG"), ascii("DIGEST-VALUE"), key).toString();
    List<Reply> stream = List.of();
    if (type.equals("stream")) {
      byte[][] words = {
        ascii("XINFO"), ascii("STREAM"), key, ascii("FULL"), ascii("COUNT"), ascii("0")
      };
      stream = client.call(words).elements();
    }
    String scores = type.equals("zset") ? scores(client, key) : "";
    return new Key(type, digest, scores, expiry, fields, stream);
  }

  /**
   * Returns members and scores, with -0 as 0: packed sorted sets do not distinguish them, here as
   * in Redis, so that loading a file into one loses the sign.
   */
  private static String scores(RespClient client, byte[] key) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[][] words = {ascii("ZRANGE"), key, ascii("0"), ascii("-1"), ascii("WITHSCORES")};
    List<Reply> scored = client.call(words).elements();
    for (int i = 0; i < scored.size(); i += 2) {
      text.append(scored.get(i).text()).append('=');
      text.append(Doubles.parseOrNaN(scored.get(i + 1).text()) + 0.0).append(' ');
    }
    return text.toString();
  }

  /** Returns the expiring fields of a hash, sorted; "soon" if one of them is about to expire. */
  private static String fields(RespClient client, byte[] key) throws IOException {
    Map<String, Long> times = new TreeMap<>();
    List<Reply> fields = client.call(ascii("HKEYS"), key).elements();
    for (int i = 0; i < fields.size(); i++) {
      byte[] field = ((Reply.Bulk) fields.get(i)).bytes();
      Reply reply = client.call(ascii("HPEXPIRETIME"), key, ascii("FIELDS"), ascii("1"), field);
      long time = reply.elements().getFirst().number();
      if (time == -2 || (time > 0 && time < System.currentTimeMillis() + MARGIN_MILLIS)) {
        return "soon";
      }
      if (time > 0) {
        times.put(new String(field, ISO_8859_1), time);
      }
    }
    return fields.isEmpty() ? "soon" : times.toString();
  }

  /**
   * Returns fields and values, sorted: the digest includes expired fields until they are removed.
   */
  private static String pairs(RespClient client, byte[] key) throws IOException {
    Set<String> pairs = new TreeSet<>();
    List<Reply> words = client.call(ascii("HGETALL"), key).elements();
    for (int i = 0; i < words.size(); i += 2) {
      pairs.add(Quoting.quote(bytes(words.get(i))) + '=' + Quoting.quote(bytes(words.get(i + 1))));
    }
    return pairs.toString();
  }

  private static byte[] bytes(Reply reply) {
    return ((Reply.Bulk) reply).bytes();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }

  /** Returns the number of keys. */
  int size() {
    return keys.size();
  }

  /** Returns the names of the keys in a database. */
  List<byte[]> names(int database) {
    return keys.keySet().stream()
        .filter(key -> key.startsWith(database + ":"))
        .map(key -> key.substring(2).getBytes(ISO_8859_1))
        .toList();
  }

  /** Returns the first difference from another state, or null. */
  String difference(DataState other, Care care) {
    if (!functions.equals(other.functions)) {
      return "functions are " + functions + " and " + other.functions;
    }
    Set<String> all = new TreeSet<>(keys.keySet());
    all.addAll(other.keys.keySet());
    for (String name : all) {
      Key mine = keys.get(name);
      Key theirs = other.keys.get(name);
      if (passing.contains(name) || other.passing.contains(name)) {
        continue;
      }
      String difference = difference(mine, theirs, care);
      if (difference != null) {
        return "key " + Quoting.quote(name.getBytes(ISO_8859_1)) + ": " + difference;
      }
    }
    return null;
  }

  /** Returns the difference between the values of two keys, null if there is none. */
  static String difference(RespClient client, byte[] key, byte[] copy, boolean withFields)
      throws IOException {
    return difference(key(client, key, withFields), key(client, copy, withFields), Care.PAYLOAD);
  }

  private static String difference(Key mine, Key theirs, Care care) {
    if (mine == null || theirs == null) {
      return (mine == null ? theirs.type : mine.type) + " is on one side only";
    }
    if (!mine.type.equals(theirs.type)) {
      return mine.type + " and " + theirs.type;
    }
    boolean sameScores = mine.type.equals("zset") && mine.scores.equals(theirs.scores);
    if (!mine.digest.equals(theirs.digest) && !sameScores) {
      return mine.type + " has digests " + mine.digest + " and " + theirs.digest;
    }
    boolean near = care == Care.TWIN && Math.abs(mine.expiry - theirs.expiry) < MARGIN_MILLIS;
    if (mine.expiry != theirs.expiry && !(near && mine.expiry > 0 && theirs.expiry > 0)) {
      return mine.type + " expires at " + mine.expiry + " and " + theirs.expiry;
    }
    if (!mine.fields.equals(theirs.fields)) {
      return "fields expire at " + mine.fields + " and " + theirs.fields;
    }
    String stream = stream(mine.stream, care);
    String other = stream(theirs.stream, care);
    return stream.equals(other) ? null : "stream is\n  " + stream + "\nand\n  " + other;
  }

  /** Returns a stream's information, without transient figures. */
  private static String stream(List<Reply> full, Care care) {
    Set<String> entries = new TreeSet<>();
    for (int i = 0; i + 1 < full.size(); i += 2) {
      if (full.get(i).text().equals("entries")) {
        full.get(i + 1)
            .elements()
            .forEach(entry -> entries.add(entry.elements().getFirst().text()));
      }
    }
    StringBuilder text = new StringBuilder();
    fields(full, care, entries, text);
    return text.toString();
  }

  private static void fields(
      List<Reply> fields, Care care, Set<String> entries, StringBuilder text) {
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      String name = fields.get(i).text();
      Reply value = fields.get(i + 1);
      if (PASSING.contains(name) || name.equals("entries")) {
        continue;
      }
      if (care == Care.PAYLOAD && IDEMPOTENCY.contains(name)) {
        continue;
      }
      if (name.equals("nacked-count") && (care == Care.COMMANDS || value.number() == 0)) {
        continue; // unknown to a real Redis; a rewritten file lacks those that were deleted
      }
      if (name.equals("recorded-first-entry-id") && entries.isEmpty()) {
        continue; // 7.0 loads the greatest id for an empty stream of the old form
      }
      text.append(name).append('=');
      if (COUNTERS.contains(name) && value instanceof Reply.Integer(long count)) {
        text.append(count < -1 ? Long.MAX_VALUE : count);
      } else if (name.equals("groups") || name.equals("consumers")) {
        for (Reply each : value.elements()) {
          if (care == Care.TWIN && name.equals("consumers") && hasNothing(each)) {
            continue; // 7.0 creates a consumer only if it claims an entry
          }
          text.append("\n    ");
          fields(each.elements(), care, entries, text);
        }
      } else if (name.equals("pel") || name.equals("pending")) {
        text.append(pending(value, care, entries));
      } else if (name.equals("pel-count") && care == Care.COMMANDS) {
        text.append('?');
      } else {
        text.append(value instanceof Reply.Bulk ? value.text() : value.toString());
      }
      text.append(' ');
    }
  }

  private static boolean hasNothing(Reply consumer) {
    List<Reply> fields = consumer.elements();
    return fields.getLast() instanceof Reply.Array(List<Reply> pending) && pending.isEmpty();
  }

  private static List<String> pending(Reply pending, Care care, Set<String> entries) {
    List<String> shown = new ArrayList<>();
    if (!(pending instanceof Reply.Array)) {
      return care == Care.COMMANDS ? shown : List.of(pending.toString());
    }
    for (Reply each : pending.elements()) {
      List<Reply> parts = each.elements();
      if (care == Care.COMMANDS && !entries.contains(parts.getFirst().text())) {
        continue;
      }
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < parts.size(); i++) {
        boolean count = i == parts.size() - 1;
        boolean time = i == parts.size() - 2;
        if (count) {
          text.append(parts.get(i).number() < 0 ? Long.MAX_VALUE : parts.get(i).number());
        } else if (time && care == Care.TWIN) {
          text.append('?');
        } else {
          text.append(
              parts.get(i) instanceof Reply.Bulk ? parts.get(i).text() : parts.get(i).number());
        }
        text.append(' ');
      }
      shown.add(text.toString());
    }
    return shown;
  }
}
