package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.KeyFlag.RO;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** MEMORY: the use of memory by purpose and by key. */
public final class MemoryCommands extends CommandGroup<Call> {
  private static final int DEFAULT_SAMPLES = 5;

  private static final int STATS_FIELDS = 27;

  private final MemoryUse memory;
  private final LongSupplier residentBytes;

  final Command<Call> memoryCommand =
      container("MEMORY")
          .does("A container for commands on memory use.")
          .since("4.0.0")
          .costs("Depends on subcommand.")
          .help("4.0.0")
          .holds();

  final Command<Call> doctor =
      command("MEMORY DOCTOR")
          .does("Returns a report on memory problems.")
          .since("4.0.0")
          .costs("O(1)")
          .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
          .runs(this::doctor);

  final Command<Call> mallocStats =
      command("MEMORY MALLOC-STATS")
          .does("Returns the statistics of the allocator.")
          .since("4.0.0")
          .costs("O(1)")
          .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
          .runs(this::mallocStats);

  final Command<Call> purge =
      command("MEMORY PURGE")
          .does("Returns free memory to the operating system.")
          .since("4.0.0")
          .costs("O(N), N the number of free pages")
          .tips("request_policy:all_shards", "response_policy:all_succeeded")
          .runs(MemoryCommands::purge);

  final Command<Call> stats =
      command("MEMORY STATS")
          .does("Returns the memory use by purpose.")
          .since("4.0.0")
          .costs("O(N), N the number of connections")
          .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
          .runs(this::stats);

  final Command<Call> usage =
      command("MEMORY USAGE key [SAMPLES count]")
          .does("Returns the memory used by a key and its value, in bytes.")
          .since("4.0.0")
          .costs("O(N), N the number of samples")
          .is(READONLY)
          .keys(RO)
          .runs(MemoryCommands::usage);

  /** Declares the group; {@code residentBytes} supplies the resident memory of the process. */
  public MemoryCommands(MemoryUse memory, LongSupplier residentBytes) {
    super(Group.SERVER);
    this.memory = memory;
    this.residentBytes = residentBytes;
  }

  private static void usage(Call call) {
    long samples = DEFAULT_SAMPLES;
    for (int i = 3; i < call.count(); i += 2) {
      if (!call.is(i, "SAMPLES") || i + 1 == call.count()) {
        throw Errors.SYNTAX;
      }
      samples = call.argLong(i + 1);
      if (samples < 0) {
        throw Errors.SYNTAX;
      }
    }
    Database database = call.database();
    long entry = database.findLive(call.argAddress(2), call.argLength(2));
    if (entry == Entry.NONE) {
      call.reply().nil();
    } else {
      call.reply().integer(database.memoryUsage(entry, samples));
    }
  }

  private static void purge(Call call) {
    call.keyspace().slabs().trim();
    call.reply().ok();
  }

  private void stats(Call call) {
    ReplyWriter reply = call.reply();
    Keyspace keyspace = call.keyspace();
    MemoryUse.Buffers buffers = memory.buffers();
    long used = memory.usedBytes();
    long held = memory.heldBytes();
    long resident = residentBytes.getAsLong();
    long keys = keyspace.size();
    List<Database> databases = filled(keyspace);
    reply.map(STATS_FIELDS + databases.size());
    number(reply, "peak.allocated", memory.peakBytes());
    number(reply, "total.allocated", used);
    number(reply, "startup.allocated", memory.startupBytes());
    number(reply, "replication.backlog", buffers.backlogBytes());
    number(reply, "clients.slaves", buffers.replicasBytes());
    number(reply, "clients.normal", buffers.clientsBytes());
    number(reply, "cluster.links", buffers.clusterLinkBytes());
    number(reply, "aof.buffer", buffers.appendBytes());
    number(reply, "lua.caches", 0);
    number(reply, "functions.caches", 0);
    for (Database database : databases) {
      reply.bulk("db." + database.index());
      reply.map(3);
      number(reply, "overhead.hashtable.main", database.tableBytes());
      number(reply, "overhead.hashtable.expires", database.expiries().sizeBytes());
      number(reply, "overhead.hashtable.slot-to-keys", 0);
    }
    number(reply, "overhead.total", memory.overheadBytes());
    number(reply, "keys.count", keys);
    number(reply, "keys.bytes-per-key", keys == 0 ? 0 : (used - memory.startupBytes()) / keys);
    number(reply, "dataset.bytes", memory.datasetBytes());
    decimal(reply, "dataset.percentage", memory.datasetPercent());
    decimal(reply, "peak.percentage", memory.peakPercent());
    number(reply, "allocator.allocated", used);
    number(reply, "allocator.active", held);
    number(reply, "allocator.resident", held);
    decimal(reply, "allocator-fragmentation.ratio", memory.fragmentation());
    number(reply, "allocator-fragmentation.bytes", held - used);
    decimal(reply, "allocator-rss.ratio", 1);
    number(reply, "allocator-rss.bytes", 0);
    decimal(reply, "rss-overhead.ratio", (double) resident / Math.max(1, held));
    number(reply, "rss-overhead.bytes", resident - held);
    decimal(reply, "fragmentation", (double) resident / Math.max(1, used));
    number(reply, "fragmentation.bytes", resident - used);
  }

  private static List<Database> filled(Keyspace keyspace) {
    List<Database> databases = new ArrayList<>();
    for (int i = 0; i < keyspace.count(); i++) {
      if (keyspace.database(i).size() > 0) {
        databases.add(keyspace.database(i));
      }
    }
    return databases;
  }

  private static void number(ReplyWriter reply, String name, long value) {
    reply.bulk(name);
    reply.integer(value);
  }

  private static void decimal(ReplyWriter reply, String name, double value) {
    reply.bulk(name);
    reply.doubleValue(value);
  }

  private void doctor(Call call) {
    call.reply().verbatim("txt", new MemoryDiagnosis(memory).text(call.keyspace()));
  }

  private void mallocStats(Call call) {
    Slabs slabs = call.keyspace().slabs();
    call.reply()
        .verbatim(
            "txt",
            String.format(
                Locale.ROOT,
                "slabs: blocks in use %d%nbytes in use %d%nbytes held %d%nheld by used %.3f%n"
                    + "idle buffers %d%n",
                slabs.liveBlocks(),
                slabs.usedBytes(),
                slabs.activeBytes(),
                memory.fragmentation(),
                memory.buffers().idleBytes()));
  }
}
