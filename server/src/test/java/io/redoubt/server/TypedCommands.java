package io.redoubt.server;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Commands for a key of a given type, as TYPE names it: random ones, and those that read its
 * elements. In the tables {@code {k}} stands for the key, {@code {e}} for an element, {@code {g}}
 * for a consumer group.
 */
final class TypedCommands {
  /** A second key that the commands read: a string. */
  static final String OTHER_KEY = "short";

  /** Its value, for LCS, which takes a second or more for a HyperLogLog with itself. */
  static final String OTHER_VALUE = "A string that isn't 12 kilobytes long";

  /** The key of the results that the commands store. */
  static final String RESULT_KEY = "d";

  private final RandomGenerator random;

  TypedCommands(RandomGenerator random) {
    this.random = random;
  }

  /** Returns a random command, most often one of the type. */
  String[] next(String type, String key, List<String> elements) {
    List<String> from = random.nextInt(8) == 0 ? ANY : COMMANDS_OF.get(type);
    String command = from.get(random.nextInt(from.size()));
    String element = elements.get(random.nextInt(elements.size()));
    String group = GROUPS.get(random.nextInt(GROUPS.size()));
    String[] words = command.split(" ");
    for (int i = 1; i < words.length; i++) {
      words[i] =
          switch (words[i]) {
            case "{k}" -> key;
            case "{e}" -> element;
            case "{g}" -> group;
            default -> words[i];
          };
    }
    return words;
  }

  /** Returns a command for up to three elements; for a stream, entries; for a string, none. */
  static String[] sample(String type, String key) {
    return SAMPLES.get(type).replace("{k}", key).split(" ");
  }

  /** Returns a command that counts the elements, and one that returns them. */
  static List<String[]> reads(String type, String key) {
    return READS.get(type).stream().map(line -> line.replace("{k}", key).split(" ")).toList();
  }

  private static final List<String> ANY =
      List.of(
          "TYPE {k}",
          "OBJECT ENCODING {k}",
          "MEMORY USAGE {k} SAMPLES 0",
          "COPY {k} d REPLACE",
          "EXPIRE {k} 1000",
          "PERSIST {k}",
          "DEBUG OBJECT {k}",
          "SCAN 0 COUNT 3",
          "RENAME {k} {k}",
          "MOVE {k} 3");

  private static final List<String> GROUPS = List.of("group 0", "group 0", "group 1", "g");

  private static final Map<String, String> SAMPLES =
      Map.of(
          "string", "EXISTS {k}",
          "list", "LRANGE {k} 0 2",
          "set", "SRANDMEMBER {k} 3",
          "zset", "ZRANDMEMBER {k} 3",
          "hash", "HRANDFIELD {k} 3",
          "stream", "XREVRANGE {k} + - COUNT 3");

  private static final Map<String, List<String>> READS =
      Map.of(
          "string", List.of("STRLEN {k}", "GET {k}"),
          "list", List.of("LLEN {k}", "LRANGE {k} 0 -1"),
          "set", List.of("SCARD {k}", "SMEMBERS {k}"),
          "zset", List.of("ZCARD {k}", "ZRANGE {k} 0 -1"),
          "hash", List.of("HLEN {k}", "HKEYS {k}"),
          "stream", List.of("XLEN {k}", "XRANGE {k} - +"));

  private static final Map<String, List<String>> COMMANDS_OF =
      Map.of(
          "string",
          List.of(
              "GET {k}",
              "STRLEN {k}",
              "APPEND {k} more",
              "GETRANGE {k} 0 -1",
              "GETBIT {k} 9",
              "SETRANGE {k} 3 abc",
              "SETBIT {k} 9 1",
              "BITCOUNT {k}",
              "BITCOUNT {k} 1 -2",
              "BITPOS {k} 1",
              "BITPOS {k} 0 1",
              "BITFIELD {k} GET u8 3 INCRBY i5 9 3",
              "BITOP NOT d {k}",
              "BITOP AND d {k} {k}",
              "INCR {k}",
              "DECRBY {k} 3",
              "INCRBYFLOAT {k} 1.5",
              "PFCOUNT {k}",
              "PFCOUNT {k} {k}",
              "PFADD {k} a b c",
              "PFMERGE d {k}",
              "PFMERGE {k} {k}",
              "LCS {k} short",
              "GETEX {k} PERSIST",
              "SETNX {k} v",
              "GETSET {k} 12",
              "PFDEBUG GETREG {k}"),
          "list",
          List.of(
              "LLEN {k}",
              "LRANGE {k} 0 -1",
              "LRANGE {k} -3 2",
              "LINDEX {k} 0",
              "LINDEX {k} -1",
              "LINDEX {k} 7",
              "LPOS {k} {e} RANK -1",
              "LPOS {k} {e} COUNT 0",
              "LINSERT {k} BEFORE {e} new",
              "LINSERT {k} AFTER {e} 5",
              "LSET {k} 0 changed",
              "LSET {k} -1 5",
              "LREM {k} 1 {e}",
              "LREM {k} -1 {e}",
              "LTRIM {k} 1 -2",
              "LPUSH {k} a",
              "RPUSH {k} 1234",
              "LPOP {k}",
              "RPOP {k} 2",
              "LMOVE {k} {k} LEFT RIGHT",
              "RPOPLPUSH {k} d",
              "LMPOP 1 {k} LEFT COUNT 2",
              "SORT {k} ALPHA LIMIT 0 3",
              "SORT {k} ALPHA STORE d",
              "LPUSHX {k} 1 2 3"),
          "set",
          List.of(
              "SCARD {k}",
              "SMEMBERS {k}",
              "SISMEMBER {k} {e}",
              "SMISMEMBER {k} {e} x",
              "SRANDMEMBER {k} 5",
              "SRANDMEMBER {k} -5",
              "SPOP {k}",
              "SPOP {k} 3",
              "SREM {k} {e}",
              "SADD {k} 5",
              "SADD {k} text 12345678901",
              "SMOVE {k} d {e}",
              "SINTER {k} {k}",
              "SINTERCARD 2 {k} {k}",
              "SUNIONSTORE d {k} {k}",
              "SDIFF {k} d",
              "SDIFFSTORE d {k} none",
              "SSCAN {k} 0 COUNT 1000",
              "SSCAN {k} 0 MATCH *1*",
              "SORT {k} ALPHA",
              "SINTERSTORE d {k} {k}",
              "SADD {k} {e}"),
          "zset",
          List.of(
              "ZCARD {k}",
              "ZRANGE {k} 0 -1 WITHSCORES",
              "ZREVRANGE {k} 0 2",
              "ZRANGEBYSCORE {k} -inf +inf LIMIT 1 3",
              "ZREVRANGEBYSCORE {k} 5 1",
              "ZRANGEBYLEX {k} - +",
              "ZCOUNT {k} 0 (9",
              "ZLEXCOUNT {k} - [k",
              "ZSCORE {k} {e}",
              "ZMSCORE {k} {e} x",
              "ZRANK {k} {e}",
              "ZREVRANK {k} {e} WITHSCORE",
              "ZINCRBY {k} 1.5 {e}",
              "ZADD {k} 3 new",
              "ZADD {k} inf {e}",
              "ZADD {k} GT CH 7 {e}",
              "ZREM {k} {e}",
              "ZPOPMIN {k}",
              "ZPOPMAX {k} 2",
              "ZREMRANGEBYRANK {k} 1 1",
              "ZREMRANGEBYSCORE {k} 3 4",
              "ZREMRANGEBYLEX {k} [a [b",
              "ZRANDMEMBER {k} 3 WITHSCORES",
              "ZSCAN {k} 0 COUNT 1000",
              "ZUNIONSTORE d 2 {k} {k}",
              "ZINTERSTORE d 2 {k} {k} WEIGHTS 2 -1",
              "ZDIFFSTORE d 1 {k}",
              "ZRANGESTORE d {k} 0 -1",
              "ZUNION 2 {k} {k} AGGREGATE MAX",
              "ZMPOP 1 {k} MAX COUNT 2",
              "GEOPOS {k} {e}",
              "GEODIST {k} {e} {e}",
              "GEOHASH {k} {e}",
              "GEOSEARCH {k} FROMLONLAT 1 1 BYRADIUS 20000 km",
              "GEOADD {k} 13 38 place",
              "SORT {k} ALPHA"),
          "hash",
          List.of(
              "HLEN {k}",
              "HGETALL {k}",
              "HKEYS {k}",
              "HVALS {k}",
              "HGET {k} {e}",
              "HMGET {k} {e} x",
              "HEXISTS {k} {e}",
              "HSTRLEN {k} {e}",
              "HSET {k} {e} v",
              "HSET {k} new 123456",
              "HSETNX {k} {e} w",
              "HINCRBY {k} n 3",
              "HINCRBY {k} {e} 1",
              "HINCRBYFLOAT {k} {e} 1.5",
              "HDEL {k} {e}",
              "HRANDFIELD {k} 3 WITHVALUES",
              "HRANDFIELD {k} -3",
              "HSCAN {k} 0 COUNT 1000",
              "HEXPIRE {k} 1000 FIELDS 1 {e}",
              "HPERSIST {k} FIELDS 1 {e}",
              "HTTL {k} FIELDS 1 {e}",
              "HPEXPIRETIME {k} FIELDS 1 {e}",
              "HPEXPIREAT {k} 1 FIELDS 1 {e}",
              "SORT {k} ALPHA"),
          "stream",
          List.of(
              "XLEN {k}",
              "XRANGE {k} - +",
              "XREVRANGE {k} + -",
              "XRANGE {k} ({e} + COUNT 1",
              "XREVRANGE {k} {e} - COUNT 2",
              "XINFO STREAM {k}",
              "XINFO STREAM {k} FULL",
              "XINFO STREAM {k} FULL COUNT 0",
              "XINFO GROUPS {k}",
              "XINFO CONSUMERS {k} {g}",
              "XADD {k} * field v",
              "XADD {k} * f v g w",
              "XADD {k} MAXLEN ~ 3 * f v",
              "XDEL {k} {e}",
              "XTRIM {k} MAXLEN 3",
              "XTRIM {k} MAXLEN ~ 2",
              "XTRIM {k} MINID {e}",
              "XREAD COUNT 5 STREAMS {k} 0",
              "XGROUP CREATE {k} g 0",
              "XGROUP CREATE {k} g $ ENTRIESREAD 3",
              "XGROUP CREATECONSUMER {k} {g} new",
              "XREADGROUP GROUP {g} c COUNT 3 STREAMS {k} >",
              "XREADGROUP GROUP {g} busy COUNT 3 STREAMS {k} 0",
              "XPENDING {k} {g}",
              "XPENDING {k} {g} - + 10",
              "XPENDING {k} {g} IDLE 1 - + 10 busy",
              "XCLAIM {k} {g} c 0 {e}",
              "XCLAIM {k} {g} c 0 {e} FORCE JUSTID",
              "XCLAIM {k} {g} c 0 100-0 101-0 RETRYCOUNT 4",
              "XAUTOCLAIM {k} {g} c 0 0",
              "XAUTOCLAIM {k} {g} c 0 {e} COUNT 1 JUSTID",
              "XACK {k} {g} {e} 100-0",
              "XGROUP DELCONSUMER {k} {g} busy",
              "XGROUP DELCONSUMER {k} {g} idle",
              "XGROUP DESTROY {k} {g}",
              "XGROUP SETID {k} {g} 0 ENTRIESREAD 2",
              "XGROUP SETID {k} {g} $"));
}
