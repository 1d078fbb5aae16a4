package io.redoubt.server.replies;

import io.redoubt.protocol.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * The requests of {@link ReplySweepTest}: every command and subcommand with several lists of
 * arguments.
 */
final class SweptRequests {
  /** A key of each type; the last does not exist. */
  static final List<String> KEYS =
      List.of("string", "list", "hash", "set", "zset", "stream", "missing");

  private static final List<String> WORDS =
      List.of(
          "1",
          "0",
          "-1",
          "0.01",
          "x",
          "missing",
          "string",
          "list",
          "zset",
          "stream",
          "COUNT",
          "BLOCK",
          "STREAMS",
          "LIMIT",
          "(1",
          "+",
          "-",
          "*",
          "$",
          "inf",
          "9223372036854775807");

  /** Valid requests, for commands that the usual lists of arguments do not cover. */
  private static final List<String> VALID =
      List.of(
          "BLPOP missing 0",
          "BLPOP missing 0.01",
          "BLPOP list 0",
          "BRPOP missing list 0",
          "BLMOVE missing list LEFT RIGHT 0",
          "BLMOVE list missing LEFT RIGHT 0.01",
          "BRPOPLPUSH missing list 0",
          "BRPOPLPUSH missing list 0.01",
          "BLMPOP 0 1 missing LEFT",
          "BLMPOP 0.01 1 missing LEFT",
          "BLMPOP 0 1 list LEFT",
          "BZPOPMIN missing 0",
          "BZPOPMAX missing 0.01",
          "BZPOPMIN zset 0",
          "BZMPOP 0 1 missing MIN",
          "BZMPOP 0.01 1 missing MAX",
          "BZMPOP 0 1 zset MAX",
          "XREAD BLOCK 0 STREAMS stream $",
          "XREAD BLOCK 10 STREAMS missing 0",
          "XREAD STREAMS stream 0",
          "XREAD STREAMS stream missing + +",
          "XREAD BLOCK 10 STREAMS missing +",
          "XDELEX stream DELREF IDS 1 1-1",
          "XDELEX missing IDS 1 1-1",
          "XACKDEL stream g ACKED IDS 1 1-1",
          "XADD stream ACKED MAXLEN 1 * f v",
          "XTRIM stream MAXLEN 0 DELREF",
          "XNACK stream g FAIL IDS 1 1-1",
          "XNACK stream g FATAL IDS 1 1-1 RETRYCOUNT 3 FORCE",
          "XADD stream IDMP p i * f v",
          "XADD stream IDMPAUTO p * f v",
          "XCFGSET stream IDMP-MAXSIZE 7",
          "XIDMPRECORD stream p i 1-1",
          "XREADGROUP GROUP g c BLOCK 0 CLAIM 0 STREAMS stream >",
          "XREADGROUP GROUP g c BLOCK 10 CLAIM 100000 STREAMS stream >",
          "XREADGROUP GROUP g c BLOCK 0 STREAMS stream >",
          "XREADGROUP GROUP g c BLOCK 10 STREAMS stream >",
          "XREADGROUP GROUP g c STREAMS stream 0",
          "XGROUP DESTROY stream g",
          "WAIT 0 0",
          "WAIT 1 0",
          "WAIT 1 10",
          "WAIT 9 10",
          "WAITAOF 0 0 0",
          "WAITAOF 0 1 0",
          "WAITAOF 0 9 10",
          "WAITAOF 1 0 10",
          "MIGRATE 127.0.0.1 1 string 0 10",
          "MIGRATE 127.0.0.1 1 missing 0 10",
          "SORT list LIMIT 0 1",
          "SORT list STORE missing",
          "COPY string missing",
          "RENAME list missing",
          "LMPOP 1 list LEFT",
          "ZMPOP 1 zset MIN",
          "LMOVE list missing LEFT RIGHT",
          "RPOPLPUSH list missing",
          "LPUSH missing 1",
          "ZADD missing 1 m",
          "ZUNIONSTORE missing 1 zset",
          "XADD stream * f v",
          "PUBLISH channel x",
          "SPUBLISH channel x",
          "LCS string missing",
          "OBJECT ENCODING string",
          "GEOADD missing 1 1 m",
          "PFADD missing 1",
          "BITFIELD missing SET u8 0 1",
          "BITOP DIFF missing string missing",
          "BITOP ONE missing string string",
          "SET string 2 IFEQ 1 GET",
          "SET string 1 IFNE 1",
          "DELIFEQ string 1",
          "MSETEX 2 string 1 missing 2 EX 100",
          "MSETEX 1 missing 2 NX",
          "INCREX missing BYINT 5 UBOUND 3",
          "INCREX missing BYFLOAT 0.5 EX 100 ENX",
          "ZUNION 1 zset AGGREGATE COUNT WITHSCORES",
          "ZUNIONSTORE missing 1 zset AGGREGATE COUNT",
          "GEOSEARCH zset BYPOLYGON 3 1 1 2 2 1 2 WITHDIST",
          "HSETEX hash XX FIELDS 1 1 3",
          "HOTKEYS START METRICS 2 CPU NET",
          "HOTKEYS GET",
          "HOTKEYS STOP",
          "HGETDEL hash FIELDS 1 1",
          "HGETEX hash EX 100 FIELDS 2 1 x",
          "HSETEX hash FXX KEEPTTL FIELDS 1 1 3",
          "HSETEX missing PX 1 FIELDS 1 1 3",
          "DELEX list",
          "DELEX string IFEQ 1",
          "DELEX string IFDNE 0000000000000000",
          "SET string 1 IFDEQ 0000000000000000 GET",
          "DIGEST string",
          "DIGEST missing",
          "FLUSHALL",
          "FLUSHDB ASYNC",
          "SWAPDB 0 1",
          "FUNCTION FLUSH",
          "SCRIPT FLUSH",
          "BGSAVE",
          "SHUTDOWN ABORT",
          "CLIENT UNBLOCK 1",
          "CLIENT NO-EVICT on",
          "CLIENT LIST",
          "INFO",
          "COMMAND",
          "HELLO",
          "EVAL return(1) 0",
          "EVAL redis.call('WAIT',1,0) 0",
          "CONFIG GET *",
          "MEMORY USAGE list",
          "ACL LIST",
          "LATENCY DOCTOR",
          "FAILOVER ABORT",
          "REPLCONF ACK 1",
          "RESTORE missing 0 x");

  /**
   * Commands that end or transform a connection, so that not every request has one reply; other
   * tests cover them. Scripts can call none of them, so they are swept there, too.
   */
  static final Map<String, String> SPECIAL = new TreeMap<>();

  static {
    for (String name : List.of("subscribe", "psubscribe", "ssubscribe")) {
      SPECIAL.put(name, "one message a channel");
      SPECIAL.put("un" + name, "one message a channel");
    }
    SPECIAL.put("punsubscribe", "one message a channel");
    SPECIAL.put("sunsubscribe", "one message a channel");
    SPECIAL.put("quit", "closes the connection");
    SPECIAL.put("reset", "back to RESP2, and out of MULTI");
    SPECIAL.put("monitor", "turns the connection into a stream of requests");
    SPECIAL.put("sync", "turns the connection into a replica's");
    SPECIAL.put("psync", "turns the connection into a replica's");
    SPECIAL.put("replconf", "has no reply to ACK");
    SPECIAL.put("shutdown", "ends the server");
    SPECIAL.put("debug", "may end or hold up the server");
    SPECIAL.put("replicaof", "turns the server into a replica");
    SPECIAL.put("slaveof", "turns the server into a replica");
    SPECIAL.put("failover", "turns the server into a replica");
    SPECIAL.put("multi", "what follows is queued; swept as a mode");
    SPECIAL.put("client|pause", "holds up the requests that follow");
    SPECIAL.put("client|reply", "may turn replies off");
    SPECIAL.put("client|kill", "closes connections");
  }

  /** Commands that would wait for unreachable hosts with the usual lists. */
  private static final Set<String> ONLY_VALID = Set.of("migrate");

  private final Map<String, Integer> arities = new TreeMap<>();

  /** Creates the requests for the commands of a reply to COMMAND. */
  SweptRequests(Reply commands) {
    for (Reply command : commands.elements()) {
      add(command);
      command.elements().get(9).elements().forEach(this::add);
    }
  }

  private void add(Reply command) {
    long arity = ((Reply.Integer) command.elements().get(1)).value();
    arities.put(command.elements().get(0).text(), (int) arity);
  }

  int commands() {
    return arities.size();
  }

  /** Returns all requests, in random order. */
  List<List<String>> all(Random random) {
    List<List<String>> requests = new ArrayList<>();
    arities.forEach((name, arity) -> addLists(requests, name, Math.abs(arity), random));
    VALID.forEach(line -> requests.add(List.of(line.split(" "))));
    Collections.shuffle(requests, random);
    return requests;
  }

  private static void addLists(List<List<String>> requests, String name, int words, Random random) {
    List<String> command = Arrays.asList(name.split("\\|"));
    requests.add(command);
    if (ONLY_VALID.contains(name)) {
      return;
    }
    int arguments = Math.max(words - command.size(), 0);
    requests.add(with(command, Collections.nCopies(arguments, "1")));
    requests.add(with(command, Collections.nCopies(arguments + 1, "1")));
    for (String key : KEYS) {
      List<String> list = new ArrayList<>(Collections.nCopies(Math.max(arguments, 1), "1"));
      list.set(0, key);
      requests.add(with(command, list));
    }
    requests.add(with(command, Collections.nCopies(Math.max(arguments, 1), "missing")));
    for (int i = 0; i < 4; i++) {
      List<String> list = new ArrayList<>();
      for (int k = 0; k < arguments + i; k++) {
        list.add(WORDS.get(random.nextInt(WORDS.size())));
      }
      requests.add(with(command, list));
    }
  }

  private static List<String> with(List<String> command, List<String> arguments) {
    List<String> request = new ArrayList<>(command);
    request.addAll(arguments);
    return request;
  }

  /**
   * Returns true if the request may have a number of replies other than one outside of a script.
   */
  static boolean isSpecial(List<String> request) {
    String first = request.get(0).toLowerCase(java.util.Locale.ROOT);
    if (SPECIAL.containsKey(first)) {
      return true;
    }
    return request.size() > 1
        && SPECIAL.containsKey(first + "|" + request.get(1).toLowerCase(java.util.Locale.ROOT));
  }
}
