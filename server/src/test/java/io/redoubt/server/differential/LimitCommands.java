package io.redoubt.server.differential;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Random write commands with arguments at their limits.
 *
 * <p>A command is a line of words. Words in angle brackets are placeholders, one of several words
 * joined by bars is chosen, and an underscore becomes a blank, so that an option and its argument
 * come together or not at all.
 */
final class LimitCommands {
  /**
   * The prefix of a word that is replaced by the payload of a key, dumped by Redoubt or by the real
   * server.
   */
  static final String DUMP_OF_OURS = "\0dump of ours\0";

  static final String DUMP_OF_REAL = "\0dump of the real one\0";

  private static final List<String> STRINGS =
      List.of(
          "SET <str> <text> NX|XX||||||| GET||||||||",
          "SET <str> <text> EX_<seconds>|PX_<millis>|EXAT_<secondsAt>|PXAT_<millisAt>|KEEPTTL",
          "SETEX <str> <seconds> <text>",
          "PSETEX <str> <millis> <text>",
          "MSET <str> <text> <str> <text>",
          "MSETNX <str> <text> <str> <text>",
          "APPEND <str> <text>",
          "SETRANGE <str> <offset> <text>",
          "SETBIT <str> <bit> 0|1",
          "BITOP AND|OR|XOR <str> <str> <str>",
          "BITOP NOT <str> <str>",
          // SET without SAT: Redis treats a number far below the minimum as one above the maximum.
          "BITFIELD <str> SET <width> <bit> <int> OVERFLOW WRAP|SAT|FAIL INCRBY <width> #<small>"
              + " <int>",
          "BITFIELD <str> OVERFLOW FAIL INCRBY <width> <bit> <int>",
          "INCR|DECR <str>",
          "INCRBY|DECRBY <str> <int>",
          "INCRBYFLOAT <str> <score>",
          "GETSET <str> <text>",
          "GETDEL <str>",
          "GETEX <str> EX_<seconds>|PX_<millis>|EXAT_<secondsAt>|PXAT_<millisAt>|PERSIST",
          "PFADD <str> <texts>",
          "PFMERGE <str> <str> <str>",
          "PFCOUNT <str> <str>");

  private static final List<String> LISTS =
      List.of(
          "RPUSH|LPUSH <list> <texts>",
          "RPUSHX|LPUSHX <list> <text>",
          "LINSERT <list> BEFORE|AFTER <name> <text>",
          "LSET <list> <index> <text>",
          "LREM <list> <index> <name>",
          "LTRIM <list> <index> <index>",
          "LPOP|RPOP <list> <small>",
          "LMOVE <list> <list> LEFT|RIGHT LEFT|RIGHT",
          "RPOPLPUSH <list> <list>",
          "LMPOP 2 <list> <list> LEFT|RIGHT COUNT_<small>|",
          "BLMOVE <list> <list> LEFT|RIGHT LEFT|RIGHT 0.001",
          "LPOS <list> <name> RANK_<small>| MAXLEN_<small>|",
          "SORT <any> ALPHA STORE <list>",
          "SORT <any> LIMIT 0 5 GET # ALPHA STORE <key>");

  private static final List<String> HASHES =
      List.of(
          "HSET <hash> <pairs>",
          "HSET <hash> <pairs>",
          "HSETNX <hash> <name> <text>",
          "HINCRBY <hash> <name> <int>",
          "HINCRBYFLOAT <hash> <name> <score>",
          "HDEL <hash> <texts>");

  private static final List<String> SETS =
      List.of(
          "SADD <set> <texts>",
          "SADD <set> <int> <int> <int>",
          "SREM <set> <texts>",
          "SMOVE <set> <set> <name>",
          "SINTERSTORE|SUNIONSTORE|SDIFFSTORE <key> <set> <set>");

  private static final List<String> SORTED_SETS =
      List.of(
          "ZADD <zset> NX|XX||| GT|LT||| CH||| <scored>",
          "ZADD <zset> <scored>",
          "ZADD <zset> INCR <score> <name>",
          "ZINCRBY <zset> <score> <name>",
          "ZREM <zset> <texts>",
          "ZREMRANGEBYRANK <zset> <index> <index>",
          "ZREMRANGEBYSCORE <zset> (|<score> <score>",
          "ZADD lex 0 <name> 0 <name>",
          "ZREMRANGEBYLEX lex [<name> +", // undefined if scores differ
          "ZPOPMIN|ZPOPMAX <zset> <small>",
          "ZMPOP 2 <zset> <zset> MIN|MAX COUNT_<small>|",
          "ZRANGESTORE <zset> <zset> <index> <index> REV|",
          "ZRANGESTORE <zset> <zset> <score> <score> BYSCORE LIMIT_<small>_<index>|",
          "ZUNIONSTORE|ZINTERSTORE <zset> 2 <zset> <zset> WEIGHTS_<score>_<score>|"
              + " AGGREGATE_SUM|AGGREGATE_MIN|AGGREGATE_MAX|",
          "ZUNIONSTORE <zset> 2 <set> <zset> WEIGHTS <score> <score>",
          "ZDIFFSTORE <zset> 2 <zset> <zset>",
          "GEOADD <geo> <longitude> <latitude> <name> <longitude> <latitude> <name>",
          "GEOSEARCHSTORE <geo> <geo> FROMLONLAT <longitude> <latitude> BYRADIUS 20000 km ASC");

  private static final List<String> STREAMS =
      List.of(
          "XADD <stream> <id> <pairs>",
          "XADD <stream> <id> <name> <text>",
          "XADD <stream> <id> f <text>",
          "XADD <stream> NOMKSTREAM| MAXLEN_<small>|MAXLEN_~_<small>|MINID_<id>|MINID_=_<id> <id>"
              + " f <text>",
          "XDEL <stream> <id> <id>",
          "XTRIM <stream> MAXLEN|MINID ~|=| <trim>",
          "XSETID <stream> <id>",
          "XSETID <stream> <id> ENTRIESADDED_<int>| MAXDELETEDID_<id>|",
          "XSETID <stream> <id> ENTRIESADDED <int> MAXDELETEDID <id>",
          "XGROUP CREATE <stream> <group> <id>|$|0 MKSTREAM|",
          "XGROUP CREATE <stream> <group> <id>|$|0 MKSTREAM ENTRIESREAD <int>",
          "XGROUP SETID <stream> <group> <id>|$|0 ENTRIESREAD_<int>|",
          "XGROUP DELCONSUMER <stream> <group> <name>",
          "XGROUP DESTROY <stream> <group>",
          "XREADGROUP GROUP <group> <name> COUNT_<small>| NOACK||| STREAMS <stream> >|>|>|0|<id>",
          "XREADGROUP GROUP <group> m1 STREAMS <stream> >",
          "XACK <stream> <group> <id> <id>",
          "XCLAIM <stream> <group> <name> 0|<int> <id> <id> <id> IDLE_<int>||| TIME_<millisAt>|||"
              + " RETRYCOUNT_<int>|| FORCE| JUSTID||| LASTID_<id>|||",
          "XCLAIM <stream> <group> <name> 0 <id> <id> <id> RETRYCOUNT 9223372036854775807 FORCE",
          "XCLAIM <stream> <group> <name> 0 <id> <id> <id>",
          "XAUTOCLAIM <stream> <group> <name> 0|<int> 0|<id> COUNT_<small>| JUSTID|");

  private static final List<String> KEYS =
      List.of(
          "DEL|UNLINK <key> <key>",
          "RENAME|RENAMENX <key> <key>",
          "COPY <key> <key> DB_<db>| REPLACE|",
          "MOVE <key> <db>",
          "SWAPDB <db> <db>",
          "SELECT <db>",
          "EXPIRE <key> <seconds> NX|XX|GT|LT||||",
          "PEXPIRE <key> <millis> NX|XX|GT|LT||||",
          "EXPIREAT <key> <secondsAt> NX|XX|GT|LT||||",
          "PEXPIREAT <key> <millisAt> NX|XX|GT|LT||||",
          "PERSIST <key>",
          "RESTORE <key> 0|<millis> <dump> REPLACE| IDLETIME_<int>||FREQ_<small>",
          "RESTORE <key> <millisAt> <dump> REPLACE ABSTTL IDLETIME_<small>||FREQ_<int>",
          "RESTORE <key> 0|<millis> <payload> REPLACE",
          "RESTORE <key> 0 <payload> REPLACE",
          "RESTORE <key> 0 <payload> REPLACE",
          "FUNCTION LOAD REPLACE <library>",
          "FUNCTION DELETE <libname>",
          "EVAL <script> 1 <key> <text>",
          "MULTI",
          "EXEC",
          "CONFIG SET hash-max-listpack-entries|zset-max-listpack-entries|set-max-intset-entries"
              + " 0|1|2|128|512",
          "CONFIG SET hash-max-listpack-value|zset-max-listpack-value 0|1|20|64|100000",
          "CONFIG SET list-max-listpack-size -5|-2|-1|1|2|3|128",
          "CONFIG SET list-compress-depth 0|1|2",
          "CONFIG SET stream-node-max-entries 0|1|2|100",
          "CONFIG SET stream-node-max-bytes 0|1|100|4096",
          "CONFIG SET maxmemory-policy noeviction|allkeys-lfu|allkeys-lru");

  /** Commands that a real Redis 7.0 lacks, or whose result is a server's choice. */
  private static final List<String> OURS_ALONE =
      List.of(
          "HEXPIRE <hash> <seconds> NX|XX|GT|LT|||| FIELDS 2 <name> <name>",
          "HPEXPIRE <hash> <millis> NX|XX|GT|LT|||| FIELDS 1 <name>",
          "HEXPIREAT <hash> <secondsAt> FIELDS 3 <name> <name> <name>",
          "HPEXPIREAT <hash> <millisAt> FIELDS 1 <name>",
          "HPEXPIRE <hash> 1|2|5|20 FIELDS 2 <name> <name>",
          "HPERSIST <hash> FIELDS 2 <name> <name>",
          "HGETDEL <hash> FIELDS 2 <name> <name>",
          "HGETEX <hash> EX_<seconds>|PX_<millis>|EXAT_<secondsAt>|PXAT_<millisAt>|PERSIST||PX_5"
              + " FIELDS 2 <name> <name>",
          "HSETEX <hash> FNX|FXX||||| EX_<seconds>|PX_<millis>|PXAT_<millisAt>|KEEPTTL||PX_5"
              + " FIELDS 2 <name> <text> <name> <text>",
          "HSETEX <hash> KEEPTTL FIELDS 1 <name> <text>",
          "SET <str> <name> IFEQ|IFNE|IFDEQ|IFDNE <name> GET| EX_<seconds>|KEEPTTL||",
          "SET <str> <name>",
          "DELIFEQ <str> <name>",
          "DELEX <str> IFEQ_<name>|IFNE_<name>|IFDEQ_<name>|IFDNE_<name>|",
          "DIGEST <str>",
          "BITOP DIFF|DIFF1|ANDOR|ONE <str> <str> <str> <str>",
          "XDELEX <stream> KEEPREF|DELREF|ACKED| IDS 2 <id> <id>",
          "XACKDEL <stream> <group> KEEPREF|DELREF|ACKED| IDS 2 <id> <id>",
          "XTRIM <stream> MAXLEN|MINID ~|=| <trim> KEEPREF|DELREF|ACKED",
          "XADD <stream> KEEPREF|DELREF|ACKED MAXLEN_<small>|MAXLEN_~_<small>|MINID_<id>| <id> f"
              + " <text>",
          "XREADGROUP GROUP <group> m1 STREAMS <stream> >",
          "XREADGROUP GROUP <group> m1 CLAIM 0|1|100 COUNT_<small>| STREAMS <stream> >",
          "XNACK <stream> <group> SILENT|FAIL|FATAL IDS 2 <id> <id> FORCE|",
          "XADD <stream> IDMP_<name>_<name>|IDMPAUTO_<name> MAXLEN_<small>| * f <text>",
          "XCFGSET <stream> IDMP-DURATION_100|IDMP-DURATION_1|IDMP-MAXSIZE_2|IDMP-MAXSIZE_100",
          "PEXPIRE <key> 1|2|5|20",
          "SPOP <set> <small>",
          // Since 7.2, XAUTOCLAIM creates a consumer even if it claims nothing.
          "XGROUP CREATECONSUMER <stream> <group> <name>",
          // The C library's sine differs from Java's in the last digit.
          "GEOSEARCHSTORE <geo> <geo> FROMLONLAT <longitude> <latitude> BYRADIUS 20000 km ASC"
              + " STOREDIST",
          "XADD <stream> * f <text>",
          "SET <str> <text> PX 1|5|20",
          "CONFIG SET set-max-listpack-entries 0|1|128",
          "CONFIG SET set-max-listpack-value 0|1|64|100000");

  private final RandomGenerator random;
  private final LimitValues values;
  private final LimitPayloads payloads;
  private final boolean alone;
  private final List<List<String>> groups;

  /** Creates a generator for Redoubt alone, or for a real Redis, too. */
  LimitCommands(RandomGenerator random, boolean alone) {
    this.random = random;
    this.alone = alone;
    values = new LimitValues(random);
    payloads = new LimitPayloads(random, values);
    groups = new ArrayList<>(List.of(STRINGS, LISTS, HASHES, SETS, SORTED_SETS, STREAMS, KEYS));
    groups.add(STREAMS); // have the most state besides their elements
    if (alone) {
      groups.add(OURS_ALONE);
      groups.add(OURS_ALONE);
    }
  }

  /**
   * Returns some commands; some sequences use only one or two types, for long histories of a key.
   */
  List<byte[][]> sequence() {
    List<List<String>> used = groups;
    if (random.nextInt(3) == 0) {
      used = List.of(values.pick(groups), values.pick(groups), values.pick(groups));
    }
    List<byte[][]> sequence = new ArrayList<>();
    sequence.add(command("CONFIG SET hll-sparse-max-bytes 0|20|3000|3000")); // affects the string
    for (int i = 20 + random.nextInt(80); i > 0; i--) {
      sequence.add(command(values.pick(values.pick(used))));
    }
    return sequence;
  }

  private byte[][] command(String line) {
    List<String> words = new ArrayList<>();
    for (String choice : line.split(" ")) {
      String[] alternatives = choice.split("\\|", -1);
      String chosen = alternatives[random.nextInt(alternatives.length)];
      if (!chosen.isEmpty()) {
        for (String word : chosen.split("_")) {
          fill(word, words);
        }
      }
    }
    return words.stream()
        .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
        .toArray(byte[][]::new);
  }

  private void fill(String word, List<String> words) {
    int open = word.indexOf('<');
    int close = word.lastIndexOf('>');
    if (open < 0 || close < open) {
      words.add(word);
      return;
    }
    String before = word.substring(0, open);
    List<String> content = content(word.substring(open + 1, close));
    words.add(before + content.getFirst());
    words.addAll(content.subList(1, content.size()));
  }

  private List<String> content(String hole) {
    return switch (hole) {
      case "texts" -> values.several(1);
      case "pairs" -> values.several(2);
      case "scored" -> values.scored();
      default -> List.of(one(hole));
    };
  }

  private String one(String hole) {
    return switch (hole) {
      case "str", "list", "hash", "set", "zset", "stream", "geo" ->
          values.oneIn(25) ? anyKey() : hole + random.nextInt(3);
      case "key", "any" -> anyKey();
      case "text" -> values.text();
      case "name" -> values.name();
      case "group" -> values.oneIn(8) ? values.name() : "g" + random.nextInt(2);
      case "score" -> values.score();
      case "int" -> Long.toString(values.integer());
      case "small" -> Integer.toString(random.nextInt(6));
      case "index" -> Integer.toString(random.nextInt(-6, 7));
      case "offset" ->
          Integer.toString(
              random.nextInt(values.oneIn(40) ? 3_000_000 : values.oneIn(5) ? 9000 : 40));
      case "bit" ->
          Integer.toString(
              random.nextInt(values.oneIn(40) ? 9_000_000 : values.oneIn(5) ? 9000 : 90));
      case "width" -> values.pick(List.of("u1", "u8", "u63", "i1", "i5", "i32", "i63", "i64"));
      case "id" -> values.id();
      case "trim" -> values.oneIn(2) ? values.id() : Integer.toString(random.nextInt(6));
      case "db" -> Integer.toString(random.nextInt(3));
      case "seconds" -> Long.toString(values.duration() / 1000);
      case "millis" -> Long.toString(values.duration());
      case "secondsAt" -> Long.toString(values.time() / 1000);
      case "millisAt" -> Long.toString(values.time());
      case "longitude" -> coordinate(180);
      case "latitude" -> coordinate(85.05112878);
      case "dump" -> (alone || random.nextBoolean() ? DUMP_OF_OURS : DUMP_OF_REAL) + anyKey();
      case "payload" -> payloads.next(alone);
      case "libname" -> "lib" + random.nextInt(2);
      case "library" ->
          "#!lua name=lib%d\nredis.register_function('f%1$d', function() return '%s' end)"
              .formatted(random.nextInt(2), "x".repeat(random.nextInt(70)));
      case "script" -> "redis.call('DEL', KEYS[1]); return redis.call('SET', KEYS[1], ARGV[1])";
      default -> throw new IllegalArgumentException(hole);
    };
  }

  private String coordinate(double most) {
    return switch (random.nextInt(4)) {
      case 0 -> Double.toString(most);
      case 1 -> Double.toString(-most);
      default -> Double.toString((random.nextDouble() * 2 - 1) * most);
    };
  }

  private String anyKey() {
    return switch (random.nextInt(16)) {
      case 0 -> "";
      case 1 -> "\0bin\u00ff";
      case 2 -> "k".repeat(300);
      case 3, 4 -> "stream" + random.nextInt(3);
      default ->
          values.pick(List.of("str", "list", "hash", "set", "zset", "stream")) + random.nextInt(3);
    };
  }
}
