package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A random source of write commands of all kinds, many with several keys or none. */
public final class RandomCommands {
  /** The number of databases that they fill. */
  private static final int DATABASES = 3;

  private final Random random;
  private final int strings;
  private final int members;

  /**
   * Creates a source of commands.
   *
   * @param strings the number of string keys
   * @param members the initial number of members of the collections of each type
   */
  public RandomCommands(Random random, int strings, int members) {
    this.random = random;
    this.strings = strings;
    this.members = members;
  }

  /** Returns commands that create values of each type in all databases. */
  public List<byte[][]> fill() {
    List<byte[][]> commands = new ArrayList<>();
    commands.add(
        words(
            "FUNCTION",
            "LOAD",
            "#!lua name=lib\n"
                + "redis.register_function('put', function(keys, args)"
                + " return redis.call('SET', keys[1], args[1]) end)"));
    for (int database = 0; database < DATABASES; database++) {
      commands.add(words("SELECT", "" + database));
      for (int i = 0; i < strings; i++) {
        commands.add(words("SET", "s" + i, "v".repeat(random.nextInt(3_000))));
      }
      for (int i = 0; i < members; i++) {
        commands.add(words("SADD", "set" + i % 3, "m" + i));
        commands.add(words("ZADD", "zset" + i % 3, "" + i, "m" + i));
        commands.add(words("HSET", "hash" + i % 3, "f" + i, "v" + i));
        commands.add(words("RPUSH", "list" + i % 3, "e" + i));
        commands.add(words("XADD", "stream" + i % 3, "*", "f", "" + i));
      }
      commands.add(words("XGROUP", "CREATE", "stream0", "g", "0"));
    }
    return commands;
  }

  /** Returns the next command. */
  public byte[][] next() {
    String s = "s" + random.nextInt(strings);
    String other = "s" + random.nextInt(strings);
    int n = random.nextInt(3);
    int m = random.nextInt(members);
    return switch (random.nextInt(30)) {
      case 0, 1, 2 -> words("SET", s, "w".repeat(random.nextInt(2_000)));
      case 3 -> words("APPEND", s, "a" + m);
      case 4 -> words("DEL", s, other);
      case 5 -> words("RENAME", s, other);
      case 6 -> words("COPY", s, other, "DB", "" + n, "REPLACE");
      case 7 -> words("MOVE", s, "" + n);
      case 8 -> random.nextInt(4) == 0 ? words("SWAPDB", "0", "" + n) : words("INCR", "c" + n);
      case 9 -> random.nextInt(12) == 0 ? words("FLUSHDB") : words("INCRBYFLOAT", "f" + n, "0.1");
      case 10 -> words("SADD", "set" + n, "x" + m);
      case 11 -> words("SPOP", "set" + n, "3");
      case 12 -> words("SUNIONSTORE", "union", "set0", "set" + n);
      case 13 -> words("SINTERSTORE", "set" + n, "set0", "set1");
      case 14 -> words("ZADD", "zset" + n, "" + m, "m" + m);
      case 15 -> words("ZPOPMIN", "zset" + n, "2");
      case 16 -> words("ZUNIONSTORE", "zunion", "2", "zset0", "zset" + n);
      case 17 -> words("HSET", "hash" + n, "f" + m, "w" + m);
      case 18 -> words("HINCRBY", "hash" + n, "count", "1");
      case 19 -> words("LMOVE", "list0", "list" + n, "LEFT", "RIGHT");
      case 20 -> words("LTRIM", "list" + n, "1", "-1");
      case 21 -> words("SORT", "list" + n, "BY", "s*", "ALPHA", "STORE", "sorted");
      case 22 -> words("XADD", "stream" + n, "MAXLEN", "300", "*", "f", "" + m);
      case 23 -> words("XREADGROUP", "GROUP", "g", "me", "COUNT", "2", "STREAMS", "stream0", ">");
      case 24 ->
          words(
              "EVAL",
              "redis.call('SET', KEYS[1], redis.call('GET', KEYS[2]) or 'no')"
                  + " redis.call('INCR', 'scripted')",
              "2",
              s,
              other);
      case 25 -> words("FCALL", "put", "1", s, "f" + m);
      case 26 -> words("PEXPIRE", s, "" + (1 + random.nextInt(2_000_000)));
      case 27 -> words("PERSIST", s);
      case 28 -> words("GETDEL", s);
      default -> words("BITOP", "OR", "bits", s, other);
    };
  }

  private static byte[][] words(String... words) {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(UTF_8);
    }
    return bytes;
  }
}
