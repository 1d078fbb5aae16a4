package io.redoubt.dist.architecture;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The rules as tables. Package names are written without {@code io.redoubt}. A package missing from
 * {@link #EDGES}, or an import missing from its line, fails the test: a new edge is one more word
 * here, to be seen in review.
 */
final class Rules {
  private Rules() {}

  /**
   * The number of classes of a package in knots of more than three: sets of classes that reach each
   * other. The numbers only shrink.
   */
  static final Map<String, Integer> KNOTTED = Map.of();

  /** The type names that occur more than once, with the reason. The list only shrinks. */
  static final Map<String, String> REPEATED_TYPES =
      Map.of(
          "Main",
          "the class that the launcher of each program starts",
          "Node",
          "that of the embedded library is part of its binary interface");

  /**
   * Names of methods that are nouns by convention: those of visitors and writers name the value
   * that is visited or written ({@code string}, {@code packed}). The last three are netty's.
   */
  static final Set<String> VISITS =
      Set.of(
          "packed",
          "queued",
          "sortedSetMember",
          "attemptedBytesRead",
          "registered",
          "unregistered");

  /** The largest number of parameters of a constructor, and so of parts of a record. */
  static final int MOST_PARTS = 8;

  /** The constructors with more, by class. The list only shrinks. */
  static final Map<String, Integer> MANY_PARTS = Map.of();

  /**
   * The classes whose constructor hands the new object to another one, with the reason. Elsewhere,
   * whoever builds an object subscribes it.
   */
  static final Map<String, String> REGISTERING =
      Map.of(
          "persistence.aof.append.AppendWorker", "starts its own thread",
          "server.snapshot.Snapshot", "starts its own walk, and undoes it if that fails");

  /**
   * The methods by which a part is given another one after its construction, with the reason. The
   * list only shrinks.
   */
  static final Map<String, String> LATE_SETTERS = Map.of();

  /** The classes through which a command reaches the data that its request names. */
  static final Set<String> DOORS_OF_COMMANDS = Set.of("Call", "Values");

  /**
   * The number of times that a package fetches a part through another one, as in {@code
   * clients.registry().pauses()}. The numbers only shrink.
   */
  static final Map<String, Integer> FETCHED_PARTS =
      Map.ofEntries(
          Map.entry("protocol.session", 5),
          Map.entry("protocol.session.command", 5),
          Map.entry("sentinel", 3),
          Map.entry("sentinel.command", 5),
          Map.entry("sentinel.runtime", 1),
          Map.entry("server.cluster.bus", 3),
          Map.entry("server.cluster.core", 2),
          Map.entry("server.cluster.migration", 1),
          Map.entry("server.cluster.node", 4),
          Map.entry("server.execution", 1),
          Map.entry("server.keyspace", 3),
          Map.entry("server.lifecycle", 1),
          Map.entry("server.snapshot.context", 1));

  /** The packages that each package may import. A test checks that the graph has no cycle. */
  static final Map<String, Set<String>> EDGES =
      edges(
          // The parts of any process that speaks Redis' protocol.
          "protocol                <-",
          "protocol.bytes          <-",
          "protocol.resp           <- protocol.bytes",
          "protocol.process.os     <-",
          "protocol.process        <- protocol.bytes protocol.process.os",
          "protocol.tuning         <- protocol.process.os",
          "protocol.lease          <-",
          "protocol.flight         <-",
          "protocol.group          <-",
          "protocol.machine        <-",
          "protocol.pem            <-",
          "protocol.net            <- protocol.bytes protocol.resp protocol.process protocol.tuning"
              + " protocol.pem",
          "protocol.config.directive <- protocol.bytes protocol.process",
          "protocol.config         <- protocol.bytes protocol.process protocol.process.os"
              + " protocol.config.directive",
          "protocol.info           <- protocol.bytes protocol.process",
          "protocol.metrics        <- protocol.bytes protocol.process protocol.info"
              + " protocol.command",
          "protocol.otlp           <- protocol.metrics protocol.process",
          "protocol.http           <- protocol.bytes protocol.metrics protocol.net"
              + " protocol.process",
          "protocol.command.usage  <-",
          "protocol.command        <- protocol.bytes protocol.resp protocol.command.usage",
          "protocol.acl            <- protocol.bytes protocol.resp protocol.command"
              + " protocol.process",
          "protocol.pubsub         <- protocol.bytes protocol.resp",
          "protocol.session.blocking <- protocol.net",
          "protocol.session.input  <- protocol.bytes protocol.resp protocol.process",
          "protocol.session        <- protocol.bytes protocol.resp protocol.process protocol.net"
              + " protocol.config.directive protocol.info protocol.command protocol.acl"
              + " protocol.pubsub protocol.session.blocking protocol.session.input",
          "protocol.session.heap   <- protocol.resp protocol.process protocol.command",
          "protocol.session.command <- protocol.bytes protocol.resp protocol.process"
              + " protocol.command protocol.acl protocol.pubsub protocol.session"
              + " protocol.session.blocking",
          "protocol.launch         <- protocol.bytes protocol.process protocol.process.os"
              + " protocol.resp protocol.config"
              + " protocol.config.directive protocol.info protocol.net protocol.command"
              + " protocol.acl protocol.pubsub protocol.session protocol.metrics protocol.http"
              + " protocol.otlp protocol.tuning",

          // Bytes on disk: no keyspace, no channel.
          "persistence             <-",
          "persistence.io          <- protocol.bytes protocol.process protocol.process.os",
          "persistence.packed      <- protocol.bytes",
          "persistence.rdb         <- protocol.bytes protocol.resp protocol.process"
              + " persistence.io persistence.packed",
          "persistence.rdb.check   <- protocol.bytes persistence.io persistence.rdb",
          "persistence.rdb.report  <- protocol.bytes persistence.io persistence.packed"
              + " persistence.rdb",
          "persistence.aof         <- protocol.bytes protocol.resp protocol.process persistence.io"
              + " persistence.packed persistence.rdb",
          "persistence.aof.append  <- protocol.flight protocol.bytes protocol.process"
              + " persistence.io persistence.aof",
          "persistence.aof.check   <- protocol.bytes persistence.io persistence.rdb"
              + " persistence.rdb.check persistence.aof",
          "persistence.aof.rewrite <- protocol.bytes protocol.resp persistence.packed"
              + " persistence.rdb",

          // A member of a cluster: messages, state file, state machine, connections, redirections.
          "server.cluster.slot     <-",
          "server.cluster.message  <- protocol.bytes server.cluster.slot",
          "server.cluster.nodes    <- protocol.bytes persistence.io server.cluster.slot"
              + " server.cluster.message",
          "server.cluster.core     <- protocol.bytes protocol.machine server.cluster.slot"
              + " server.cluster.message server.cluster.nodes",
          "server.cluster.routing  <- server.cluster.message server.cluster.nodes"
              + " server.cluster.core",
          "server.cluster.bus      <- protocol.bytes protocol.machine protocol.net protocol.process"
              + " protocol.session.heap server.cluster.slot server.cluster.message"
              + " server.cluster.nodes server.cluster.core",

          // The data server, from memory upwards.
          "server.tuning           <- protocol.net protocol.process protocol.tuning",
          "server.memory           <- protocol.bytes protocol.process.os server.tuning",
          "server.structure        <- protocol.bytes persistence.packed server.memory",
          "server.structure.list   <- protocol.bytes persistence.packed server.memory"
              + " server.structure",
          "server.structure.hyperloglog <- server.memory",
          "server.keyspace.event   <- protocol.bytes",
          "server.keyspace         <- protocol.bytes protocol.process server.memory"
              + " server.structure server.cluster.slot",
          "server.settings         <- protocol.bytes protocol.config protocol.config.directive",
          "server.value.hash       <- protocol.bytes protocol.resp persistence.packed"
              + " protocol.config.directive server.memory server.structure server.keyspace"
              + " server.settings",
          "server.value.set        <- protocol.bytes protocol.resp persistence.packed"
              + " protocol.config.directive server.memory server.structure server.keyspace"
              + " server.settings",
          "server.value.sortedset  <- protocol.bytes protocol.resp persistence.packed"
              + " protocol.config.directive server.memory server.structure server.keyspace"
              + " server.settings",
          "server.value.stream     <- protocol.bytes protocol.resp persistence.packed"
              + " protocol.config.directive server.memory server.structure server.keyspace"
              + " server.settings",
          "server.value            <- protocol.bytes protocol.resp persistence.packed"
              + " server.memory server.structure server.structure.list"
              + " server.structure.hyperloglog server.keyspace server.value.hash server.value.set"
              + " server.value.sortedset server.value.stream server.settings"
              + " protocol.config.directive",
          "server.snapshot.context <- protocol.bytes protocol.process persistence.io"
              + " server.keyspace server.value",
          "server.snapshot.export  <- protocol.bytes persistence.packed persistence.rdb"
              + " server.memory server.structure server.structure.list server.keyspace"
              + " server.value server.value.hash server.value.set server.value.sortedset"
              + " server.value.stream",
          "server.snapshot.record  <- server.tuning protocol.bytes protocol.process"
              + " persistence.packed persistence.rdb server.memory server.structure"
              + " server.structure.list server.keyspace server.value server.value.set"
              + " server.value.sortedset server.value.stream server.snapshot.context"
              + " server.snapshot.export",
          "server.snapshot         <- protocol.flight server.tuning protocol.tuning protocol.bytes"
              + " protocol.resp protocol.process persistence.io persistence.packed persistence.rdb"
              + " persistence.aof persistence.aof.rewrite server.memory server.structure"
              + " server.keyspace server.value server.value.hash server.value.set"
              + " server.value.sortedset server.value.stream server.snapshot.context"
              + " server.snapshot.export server.snapshot.record",
          "server.loading          <- protocol.bytes protocol.process persistence.io"
              + " persistence.packed persistence.rdb server.memory server.structure"
              + " server.structure.list server.keyspace server.value server.value.hash"
              + " server.value.set server.value.sortedset server.value.stream server.snapshot"
              + " server.snapshot.context server.settings protocol.config.directive",
          "server.script           <- protocol.bytes protocol.resp protocol.command"
              + " protocol.process.os server.memory",
          "server.client           <- protocol.bytes protocol.resp protocol.process protocol.net"
              + " protocol.command protocol.acl protocol.pubsub protocol.session server.memory"
              + " server.keyspace",
          "server.execution.refusal <- protocol.resp protocol.process protocol.command"
              + " server.memory server.keyspace",
          "server.execution.monitoring <- protocol.flight protocol.bytes protocol.info"
              + " protocol.resp protocol.process protocol.command protocol.session server.memory"
              + " server.structure server.keyspace server.client server.execution.refusal"
              + " protocol.net server.cluster.slot",
          "server.tracking         <- protocol.bytes protocol.resp protocol.net protocol.command"
              + " protocol.session server.memory server.structure server.keyspace server.client",
          "server.execution        <- protocol.flight protocol.bytes protocol.resp protocol.process"
              + " protocol.net protocol.session.heap server.cluster.slot server.cluster.routing"
              + " protocol.config protocol.config.directive protocol.command protocol.acl"
              + " protocol.pubsub protocol.session protocol.session.command protocol.info"
              + " server.memory server.keyspace server.value server.value.hash server.settings"
              + " server.client server.script server.tracking server.execution.monitoring"
              + " server.execution.refusal protocol.session.blocking server.keyspace.event",
          "server.replication.stream <- protocol.bytes protocol.resp protocol.group",
          "server.replication.spill <- persistence.io protocol.process protocol.config.directive"
              + " server.settings",
          "server.replication.state <- server.replication.stream protocol.bytes"
              + " protocol.group protocol.info protocol.resp protocol.session server.execution"
              + " server.keyspace server.loading server.settings server.snapshot"
              + " server.snapshot.context"
              + " protocol.config.directive",
          "server.replication.master.output <- server.replication.spill"
              + " server.replication.stream persistence.io protocol.config.directive"
              + " protocol.net protocol.process protocol.session server.client",
          "server.replication.master <- protocol.flight server.replication.master.output"
              + " server.replication.spill server.replication.state server.replication.stream"
              + " persistence.io persistence.rdb protocol.bytes protocol.command protocol.info"
              + " protocol.net"
              + " protocol.process protocol.resp protocol.session protocol.session.blocking"
              + " server.aof server.client server.execution server.execution.monitoring"
              + " server.settings server.snapshot"
              + " server.snapshot.context server.keyspace protocol.config.directive",
          "server.replication.group <- server.replication.master server.replication.state"
              + " server.replication.stream persistence.io protocol.command protocol.group"
              + " protocol.net protocol.process protocol.session server.client server.execution"
              + " server.settings server.snapshot.context"
              + " protocol.config.directive protocol.resp protocol.session.blocking",
          "server.replication.replica <- protocol.flight server.replication.group"
              + " server.replication.spill server.replication.state server.replication.stream"
              + " persistence.io persistence.rdb protocol.bytes protocol.info protocol.launch"
              + " protocol.net protocol.process protocol.resp protocol.session server.aof"
              + " server.client server.execution.refusal server.keyspace server.loading"
              + " server.settings server.snapshot.context protocol.config protocol.config.directive"
              + " server.snapshot",
          "server.replication      <- server.replication.group server.replication.master"
              + " server.replication.master.output server.replication.replica"
              + " server.replication.spill server.replication.state server.replication.stream"
              + " protocol.bytes protocol.command protocol.group protocol.info protocol.net"
              + " protocol.process protocol.resp protocol.session"
              + " server.aof server.client server.execution server.execution.refusal"
              + " server.keyspace server.settings server.snapshot.context"
              + " protocol.config.directive persistence.io",
          "server.aof              <- server.tuning protocol.bytes protocol.resp protocol.process"
              + " protocol.net protocol.config.directive protocol.command protocol.session"
              + " persistence.io persistence.aof persistence.aof.append persistence.rdb"
              + " server.memory server.keyspace server.settings server.snapshot"
              + " server.snapshot.context server.loading server.client server.execution"
              + " server.execution.monitoring server.execution.refusal"
              + " server.replication.stream",
          "server.cluster.migration <- protocol.bytes protocol.process protocol.net protocol.resp"
              + " protocol.command protocol.session protocol.launch protocol.config"
              + " protocol.config.directive persistence.rdb"
              + " server.memory server.structure server.keyspace server.value server.value.set"
              + " server.value.hash server.value.sortedset server.value.stream server.settings"
              + " server.client server.execution server.snapshot.export server.cluster.slot"
              + " server.cluster.message server.cluster.core server.cluster.routing",
          "server.cluster.node     <- protocol.bytes protocol.config protocol.config.directive"
              + " protocol.process protocol.net protocol.resp protocol.command protocol.pubsub"
              + " protocol.session protocol.session.heap protocol.launch"
              + " persistence.io server.memory server.structure server.keyspace server.settings"
              + " server.client"
              + " server.execution server.replication server.replication.state server.cluster.slot"
              + " server.cluster.message"
              + " server.cluster.nodes server.cluster.core server.cluster.routing"
              + " server.cluster.bus server.cluster.migration server.value",
          "server.migrate          <- protocol.bytes protocol.net protocol.resp protocol.process"
              + " protocol.command protocol.session protocol.config protocol.config.directive"
              + " persistence.rdb server.memory server.keyspace server.value server.settings"
              + " server.client server.execution server.snapshot.export",
          // One package per group, without edges between groups.
          "server.command          <-",
          "server.command.common   <- server.cluster.slot protocol.bytes protocol.resp"
              + " protocol.command server.memory server.structure server.keyspace server.execution"
              + " server.value server.value.sortedset server.keyspace.event",
          "server.command.string   <- protocol.bytes protocol.resp protocol.config"
              + " protocol.config.directive protocol.command server.memory server.keyspace"
              + " server.value server.settings server.execution server.command.common"
              + " server.keyspace.event",
          "server.command.bitmap   <- protocol.bytes protocol.resp protocol.config"
              + " protocol.config.directive protocol.command server.memory server.structure"
              + " server.keyspace server.value server.settings server.client server.execution"
              + " server.command.common"
              + " server.keyspace.event",
          "server.command.hyperloglog <- protocol.resp protocol.config.directive protocol.command"
              + " server.memory server.structure server.keyspace server.value server.settings"
              + " server.execution"
              + " server.structure.hyperloglog"
              + " server.keyspace.event",
          "server.command.list     <- protocol.resp protocol.command server.memory"
              + " server.structure server.keyspace server.value server.execution"
              + " server.structure.list"
              + " server.keyspace.event",
          "server.command.set      <- protocol.bytes protocol.resp protocol.config.directive"
              + " protocol.command server.memory server.structure server.keyspace server.value"
              + " server.value.set server.settings server.execution server.command.common"
              + " server.keyspace.event",
          "server.command.hash     <- protocol.bytes protocol.resp protocol.command server.memory"
              + " server.structure server.keyspace server.value server.value.hash server.execution"
              + " server.command.common"
              + " server.keyspace.event",
          "server.command.sortedset <- protocol.bytes protocol.resp protocol.command server.memory"
              + " server.structure server.keyspace server.value server.value.set"
              + " server.value.sortedset server.execution server.command.common"
              + " server.keyspace.event",
          "server.command.stream   <- protocol.resp protocol.config.directive protocol.command"
              + " server.memory server.structure server.keyspace server.value server.value.stream"
              + " server.settings server.client server.execution"
              + " server.keyspace.event",
          "server.command.geo      <- protocol.bytes protocol.resp protocol.command server.memory"
              + " server.structure server.keyspace server.value server.value.sortedset"
              + " server.execution server.command.common"
              + " server.keyspace.event",
          "server.command.key      <- protocol.bytes protocol.resp protocol.process"
              + " protocol.config.directive protocol.command protocol.info persistence.rdb"
              + " server.memory server.structure server.keyspace server.value server.value.hash"
              + " server.value.set server.value.sortedset server.settings server.client"
              + " server.execution server.snapshot server.loading server.command.common"
              + " server.structure.list server.snapshot.export server.execution.monitoring"
              + " server.migrate protocol.session.blocking server.keyspace.event"
              + " server.cluster.slot",
          "server.command.script   <- protocol.bytes protocol.resp protocol.process"
              + " protocol.config.directive protocol.command persistence.rdb server.memory"
              + " server.keyspace server.settings server.client server.execution server.snapshot"
              + " server.script persistence.packed server.value"
              + " server.snapshot.context server.snapshot.export",
          "server.command.transaction <- protocol.resp protocol.command server.client"
              + " server.execution",
          "server.command.cluster  <- server.keyspace server.structure server.command.common"
              + " protocol.bytes protocol.resp protocol.net protocol.command protocol.session"
              + " protocol.session.blocking server.client server.execution server.cluster.slot"
              + " server.cluster.message server.cluster.nodes server.cluster.core"
              + " server.cluster.routing server.cluster.bus server.cluster.migration"
              + " server.cluster.node server.settings protocol.config.directive",
          "server.command.admin    <- protocol.resp protocol.process protocol.config"
              + " protocol.config.directive protocol.info protocol.command server.memory"
              + " server.structure server.keyspace server.value server.settings server.client"
              + " server.execution server.execution.monitoring server.execution.refusal"
              + " server.snapshot server.aof server.structure.list server.snapshot.context"
              + " server.snapshot.export server.cluster.slot",
          "server.lifecycle        <- protocol.bytes protocol.resp protocol.process protocol.lease"
              + " protocol.process.os protocol.config.directive protocol.net protocol.info"
              + " protocol.acl protocol.command protocol.session protocol.launch persistence.io"
              + " persistence.rdb persistence.aof server.memory server.keyspace server.value"
              + " server.settings server.snapshot server.loading server.client server.execution"
              + " server.execution.monitoring server.execution.refusal server.aof"
              + " server.replication server.replication.state server.command.admin"
              + " server.command.key persistence.rdb.check server.snapshot.context server.tracking"
              + " protocol.session.blocking server.cluster.core server.cluster.bus"
              + " server.cluster.node",

          // The sentinel, which depends on neither server nor persistence.
          "sentinel.settings       <-",
          "sentinel.message        <- protocol.bytes protocol.group",
          "sentinel.core           <- protocol.lease protocol.group protocol.machine"
              + " sentinel.settings sentinel.message",
          "sentinel.runtime        <- protocol.flight protocol.bytes protocol.group protocol.resp"
              + " protocol.process protocol.machine protocol.net protocol.config"
              + " protocol.config.directive protocol.info protocol.command protocol.session"
              + " protocol.pubsub protocol.acl sentinel.settings sentinel.message sentinel.core",
          "sentinel.command        <- protocol.bytes protocol.resp protocol.config"
              + " protocol.config.directive protocol.info"
              + " protocol.command protocol.session protocol.session.command sentinel.settings"
              + " sentinel.message sentinel.core sentinel.runtime"
              + " protocol.session.blocking");

  /** Packages that assemble the others, and so may import any of the named modules. */
  static final Map<String, List<String>> ASSEMBLIES =
      Map.of(
          "server", List.of("protocol", "persistence", "server"),
          "server.assembly", List.of("protocol", "persistence", "server"),
          "embedded", List.of("protocol", "server", "sentinel"),
          "junit", List.of("protocol", "embedded"),
          "micrometer", List.of("protocol", "embedded"),
          "spring", List.of("protocol", "embedded"),
          "sentinel", List.of("protocol", "sentinel"),
          "dist", List.of("protocol", "persistence", "server", "sentinel", "dist"),
          "bench", List.of("protocol", "dist", "bench"));

  /**
   * Modules whose packages are all covered by one name in {@link #ASSEMBLIES} and {@link #DOORS}.
   */
  static final List<String> TOOLS = List.of("dist", "bench");

  /**
   * Something outside of pure Java, and its permitted users. A thing is a class ({@code
   * java.net.Socket}), a package with its subpackages ({@code io.netty.*}) or a method ({@code
   * java.lang.System#nanoTime}); a user is a package, or one class of it.
   */
  record Door(String what, List<String> things, List<String> users) {}

  static final List<Door> DOORS =
      List.of(
          new Door(
              "netty",
              List.of("io.netty.*"),
              List.of("protocol.net", "protocol.http", "embedded.EmbeddedServer")),
          new Door(
              "spellings of addresses",
              List.of(
                  "java.net.InetAddress#getHostAddress",
                  "java.net.Inet4Address#getHostAddress",
                  "java.net.Inet6Address#getHostAddress",
                  "java.net.InetSocketAddress#getHostString",
                  "io.netty.util.NetUtil"),
              List.of("protocol.net")),
          new Door(
              "Micrometer",
              List.of("io.micrometer.*", "io.opentelemetry.*", "com.google.protobuf.*"),
              List.of("protocol.otlp", "micrometer")),
          new Door(
              "HTTP clients",
              List.of("java.net.HttpURLConnection", "java.net.http.*"),
              List.of("protocol.otlp", "dist", "bench")),
          new Door("Markdown", List.of("org.commonmark.*"), List.of("dist.reference")),
          new Door("terminals", List.of("org.jline.*"), List.of("dist.cli.interactive")),
          new Door(
              "sockets",
              List.of(
                  "java.net.Socket",
                  "java.net.ServerSocket",
                  "java.net.DatagramSocket",
                  "java.nio.channels.SocketChannel",
                  "java.nio.channels.ServerSocketChannel",
                  "java.nio.channels.Selector"),
              List.of(
                  "protocol.net", "protocol.process", "protocol.resp.RespClient", "dist", "bench")),
          new Door(
              "time",
              List.of(
                  "java.lang.System#currentTimeMillis",
                  "java.lang.System#nanoTime",
                  "java.time.Instant#now",
                  "java.time.LocalDateTime#now",
                  "java.time.ZonedDateTime#now",
                  "java.time.Clock#systemUTC",
                  "java.time.Clock#systemDefaultZone"),
              List.of("protocol.process", "dist", "bench")),
          new Door(
              "randomness",
              List.of(
                  "java.util.Random#<init>",
                  "java.util.SplittableRandom#<init>",
                  "java.security.SecureRandom#<init>",
                  "java.util.random.RandomGenerator#getDefault",
                  "java.util.random.RandomGenerator#of",
                  "java.util.concurrent.ThreadLocalRandom",
                  "java.util.UUID#randomUUID",
                  "java.lang.Math#random"),
              List.of(
                  "protocol.net.FreePorts",
                  "protocol.process",
                  "server",
                  "embedded",
                  "sentinel",
                  "dist",
                  "bench")),
          new Door(
              "threads",
              List.of(
                  "java.lang.Thread#<init>",
                  "java.lang.Thread#ofPlatform",
                  "java.lang.Thread#ofVirtual",
                  "java.lang.Thread#startVirtualThread",
                  "java.lang.Thread#sleep",
                  "java.util.Timer",
                  "java.util.concurrent.Executors",
                  "java.util.concurrent.ForkJoinPool",
                  "java.util.concurrent.ThreadPoolExecutor",
                  "java.util.concurrent.CompletableFuture#runAsync",
                  "java.util.concurrent.CompletableFuture#supplyAsync"),
              List.of(
                  "protocol.net",
                  "protocol.process",
                  "server",
                  "server.aof",
                  "server.lifecycle",
                  "server.snapshot",
                  "server.tuning",
                  "sentinel.runtime",
                  "dist",
                  "bench")),
          new Door(
              "processes",
              List.of("java.lang.ProcessBuilder", "java.lang.Runtime#exec"),
              List.of("protocol.process", "sentinel.runtime", "dist", "bench")),
          new Door(
              "files",
              List.of(
                  "java.io.File",
                  "java.io.FileInputStream",
                  "java.io.FileOutputStream",
                  "java.io.RandomAccessFile",
                  "java.nio.file.Files",
                  "java.nio.channels.FileChannel"),
              List.of(
                  "protocol.config",
                  "protocol.config.directive.DirectoryDirective",
                  "protocol.process",
                  "protocol.process.os",
                  "protocol.launch",
                  "protocol.net",
                  "protocol.acl",
                  "persistence.io",
                  "server",
                  "server.lifecycle",
                  "server.script",
                  "embedded.DataFolder",
                  "sentinel",
                  "sentinel.runtime",
                  "dist",
                  "bench")));

  /**
   * Packages or classes whose output follows from their input alone, so that a simulation can
   * repeat them. They use none of the doors and no locks.
   */
  static final List<String> PURE =
      List.of(
          "sentinel.settings",
          "sentinel.message",
          "sentinel.core",
          "server.replication.stream",
          "server.cluster.slot",
          "server.cluster.message",
          "server.cluster.core",
          "server.cluster.routing");

  /** The calls by which a test sleeps or waits for a time. */
  static final List<String> SLEEPS =
      List.of(
          "java.lang.Thread#sleep",
          "java.util.concurrent.TimeUnit#sleep",
          "java.util.concurrent.locks.LockSupport#parkNanos",
          "java.util.concurrent.locks.LockSupport#parkUntil");

  /**
   * The test classes that sleep, each once, with the reason. A sleep never proves that something
   * does not happen, because such a test passes on a slow machine; Awaitility waits for events. At
   * most ten.
   */
  static final Map<String, String> SLEEPING_TESTS =
      Map.of(
          "dist.group.LeaseGroupTest", "watches writes while leases run out by the clock",
          "dist.process.AcknowledgedClientsIT", "an application that tries again",
          "dist.process.ClusterClientsIT", "an application that tries again",
          "dist.process.FollowingWriter", "a client that looks the master up again",
          "dist.process.Hammer", "a client that connects again while nobody listens",
          "dist.process.HeapStatesIT", "polls a socket in both directions",
          "dist.process.MovingFaultsIT", "a client that looks for the server that takes writes",
          "embedded.HeldResources", "Awaitility's thread would be one of those that are counted",
          "server.cluster.node.ClusterClient", "a client that is told to try again");

  /** Sources of sample projects that use the libraries. They are not compiled with the tests. */
  static final Map<String, String> SLEEPING_SAMPLES =
      Map.of("FailoverTest.java", "an application that tries again");

  /** The sources of random numbers forbidden in tests, in addition to those of {@link #DOORS}. */
  static final List<String> RANDOM_SOURCES =
      List.of(
          "java.lang.StrictMath#random",
          "java.security.SecureRandom#getInstance",
          "java.security.SecureRandom#getInstanceStrong",
          "java.util.random.RandomGeneratorFactory");

  /** The class from which tests take random generators. */
  static final String SEED = "protocol.Seed";

  /** Static fields that may change, with the reason for each. */
  static final Map<String, String> STATIC_STATE =
      Map.of(
          "server.memory.Region",
          "address space is the process's: its free extents are shared by all servers in it",
          "protocol.process.JavaLogging",
          "Java creates its parts by their names, without arguments",
          "protocol.net.FreePorts",
          "ports are the process's: two callers must not be given the same one");

  private static Map<String, Set<String>> edges(String... lines) {
    Map<String, Set<String>> edges = new TreeMap<>();
    for (String line : lines) {
      String[] sides = line.split("<-", -1);
      Set<String> imports = new TreeSet<>(Arrays.asList(sides[1].trim().split("\\s+", -1)));
      imports.remove("");
      if (edges.put(sides[0].trim(), imports) != null) {
        throw new IllegalArgumentException("twice in the table: " + line);
      }
    }
    return edges;
  }
}
