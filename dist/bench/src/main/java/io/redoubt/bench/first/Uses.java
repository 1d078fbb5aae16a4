package io.redoubt.bench.first;

import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The ways to use a server that clients have, by title. */
public final class Uses {
  /** Starts servers of the kind that is measured. */
  @FunctionalInterface
  public interface Starter {
    MeasuredServer start(String... directives) throws IOException, InterruptedException;
  }

  /** Prepares fresh servers for a use. */
  @FunctionalInterface
  public interface Opener {
    Use open(Starter servers) throws IOException, InterruptedException;
  }

  private static final String LOCK =
      "if^redis.call('GET',KEYS[1])==ARGV[1]^then^return^redis.call('DEL',KEYS[1])^end^return^0";
  private static final String JSON =
      "return^cjson.encode({name=cjson.decode(ARGV[1]).name,done=true})";
  private static final String LIBRARY =
      "#!lua^name=first\nredis.register_function('first',function(keys)"
          + "return^redis.call('INCR',keys[1])^end)";

  private final Map<String, Opener> all = new LinkedHashMap<>();

  /**
   * Creates the list.
   *
   * @param folder for certificates
   */
  public Uses(Path folder) {
    addOrdinaryCommands();
    addScripts();
    addAdministration();
    all.put("connect, HELLO, SETNAME, PING", servers -> connections(servers.start()));
    all.put("PUBLISH to a subscriber", servers -> Pairs.message(servers.start()));
    all.put("BLPOP, LPUSH", servers -> Pairs.element(servers.start()));
    all.put("tracking, invalidation", servers -> Pairs.invalidation(servers.start()));
    all.put("MIGRATE", Groups::migration);
    all.put("SET, WAIT 1", Groups::waiting);
    all.put("SET until a replica has it", Groups::visibility);
    all.put("TLS: connect, PING", servers -> Encrypted.connections(servers, folder));
    all.put("TLS: SET, GET", servers -> Encrypted.requests(servers, folder));
    commands(
        "SET, appendfsync always",
        List.of("--appendonly yes", "--appendfsync always"),
        List.of(),
        "SET key {n}");
  }

  /** Returns the uses by title, in the order of the table. */
  public Map<String, Opener> all() {
    return all;
  }

  private static Use connections(MeasuredServer server) {
    return new Connections(
        server, server::connect, List.of("HELLO 3", "CLIENT SETNAME me", "PING"));
  }

  private void commands(String title, List<String> preparation, String... requests) {
    commands(title, List.of(), preparation, requests);
  }

  private void commands(
      String title, List<String> directives, List<String> preparation, String... requests) {
    all.put(
        title,
        servers -> {
          MeasuredServer server = servers.start(directives.toArray(String[]::new));
          Requests.send(server, preparation);
          return new Requests(server, List.of(requests));
        });
  }

  private void addOrdinaryCommands() {
    commands("PING", List.of(), "PING");
    commands("SET, GET, INCR", List.of(), "SET key:{n} value", "GET key:{n}", "INCR counter");
    commands(
        "other strings",
        List.of(),
        "SET other:{n} value NX EX 100",
        "APPEND log entry",
        "GETRANGE log 0 9",
        "MSET a {n} b {n}",
        "MGET a b c",
        "GETEX a EX 9",
        "INCRBYFLOAT sum 0.5");
    commands(
        "hashes",
        List.of(),
        "HSET user:{n} name Ann age 30",
        "HGET user:{n} name",
        "HGETALL user:{n}",
        "HINCRBY user:{n} age 1",
        "HDEL user:{n} name");
    commands(
        "lists",
        List.of(),
        "RPUSH list a b c",
        "LPUSH list {n}",
        "LRANGE list 0 9",
        "LPOP list",
        "LMOVE list other RIGHT LEFT",
        "LTRIM list 0 99");
    commands(
        "sets",
        List.of("SADD other 1 2 3"),
        "SADD set {n} a b",
        "SISMEMBER set {n}",
        "SCARD set",
        "SINTER set other",
        "SPOP set",
        "SRANDMEMBER set 3");
    commands(
        "sorted sets",
        List.of(),
        "ZADD zset {n} member:{n}",
        "ZINCRBY zset 1 member:{n}",
        "ZSCORE zset member:{n}",
        "ZRANGE zset 0 9 WITHSCORES",
        "ZRANGEBYSCORE zset 1 +inf LIMIT 0 5",
        "ZRANK zset member:{n}",
        "ZREMRANGEBYRANK zset 100 -1");
    commands(
        "streams",
        List.of(),
        "XADD stream MAXLEN ~ 1000 * field {n}",
        "XLEN stream",
        "XRANGE stream - + COUNT 9",
        "XREAD COUNT 2 STREAMS stream 0");
    commands(
        "consumer groups",
        List.of("XGROUP CREATE stream group 0 MKSTREAM", "XADD stream 1-1 field 1"),
        "XADD stream * field {n}",
        "XREADGROUP GROUP group me COUNT 1 STREAMS stream >",
        "XPENDING stream group - + 9",
        "XAUTOCLAIM stream group me 1000000 0",
        "XACK stream group 1-1");
    commands(
        "bits, HyperLogLog, geo",
        List.of(),
        "SETBIT bits {n} 1",
        "BITCOUNT bits",
        "BITFIELD fields INCRBY u16 0 1",
        "PFADD visitors {n}",
        "PFCOUNT visitors",
        "GEOADD places 13.36 38.11 place:{n}",
        "GEOSEARCH places FROMLONLAT 13 38 BYRADIUS 99 km COUNT 3");
    commands(
        "keys",
        List.of("SET key value", "ZADD zset 1 a"),
        "EXPIRE key 100",
        "TTL key",
        "TYPE key",
        "SCAN 0 COUNT 10",
        "COPY key copy REPLACE",
        "RENAME copy third",
        "UNLINK third",
        "SORT zset ALPHA",
        "DUMP zset");
    commands(
        "transactions",
        List.of(),
        "WATCH counter",
        "MULTI",
        "SET key:{n} value",
        "INCR counter",
        "EXEC");
  }

  private void addScripts() {
    commands("EVAL of a lock", List.of(), "EVAL " + LOCK + " 1 lock:{n} me");
    commands("EVAL with cjson", List.of(), "EVAL " + JSON + " 0 {\"name\":\"Ann\",\"n\":{n}}");
    commands("a new script each time", List.of(), "EVAL return^{n} 0");
    commands("FCALL", List.of("FUNCTION LOAD " + LIBRARY), "FCALL first 1 counter");
  }

  private void addAdministration() {
    commands("INFO", List.of(), "INFO");
    commands("CONFIG GET, SET", List.of(), "CONFIG GET max*", "CONFIG SET maxmemory {n}gb");
    commands(
        "other administration",
        List.of(),
        "CLIENT LIST",
        "CLIENT INFO",
        "SLOWLOG GET 10",
        "DBSIZE",
        "MEMORY USAGE a",
        "LATENCY LATEST",
        "ROLE");
    commands("COMMAND", List.of(), "COMMAND");
    commands(
        "ACL SETUSER, AUTH",
        List.of(),
        "ACL SETUSER user:{n} on >secret ~* +@all",
        "AUTH user:{n} secret");
  }
}
