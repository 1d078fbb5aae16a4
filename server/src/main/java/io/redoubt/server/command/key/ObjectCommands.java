package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.KeyFlag.RO;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.AccessClock;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.Values;

/** OBJECT: the encoding and reference count of a value, and its access frequency or idle time. */
public final class ObjectCommands extends CommandGroup<Call> {
  /** Redis shares one object for each integer below this limit, which OBJECT REFCOUNT shows. */
  private static final int SHARED_INTEGERS = 10_000;

  private static final CommandError NOT_LFU =
      new CommandError(
          "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note"
              + " that when switching between policies at runtime LRU and LFU data will take some"
              + " time to adjust.");
  private static final CommandError NOT_LRU =
      new CommandError(
          "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when"
              + " switching between policies at runtime LRU and LFU data will take some time to"
              + " adjust.");

  final Command<Call> object =
      container("OBJECT")
          .does("A container for commands that inspect a value.")
          .since("2.2.3")
          .costs("Depends on subcommand.")
          .help("6.2.0")
          .holds();

  final Command<Call> encoding =
      asking("OBJECT ENCODING key")
          .does("Returns the internal encoding of a value.")
          .since("2.2.3")
          .runs(ObjectCommands::encoding);

  final Command<Call> freq =
      asking("OBJECT FREQ key")
          .does("Returns the logarithmic access frequency of a value.")
          .since("4.0.0")
          .runs(ObjectCommands::frequency);

  final Command<Call> idletime =
      asking("OBJECT IDLETIME key")
          .does("Returns the seconds since the last access to a value.")
          .since("2.2.3")
          .runs(ObjectCommands::idleTime);

  final Command<Call> refcount =
      asking("OBJECT REFCOUNT key")
          .does("Returns the number of references to a value.")
          .since("2.2.3")
          .runs(ObjectCommands::referenceCount);

  private Builder<Call> asking(String usage) {
    return command(usage).costs("O(1)").is(READONLY).keys(RO).tips("nondeterministic_output");
  }

  public ObjectCommands() {
    super(Group.GENERIC);
  }

  /** Returns the entry of the key, or writes the reply for a missing key and returns 0. */
  private static long entry(Call call) {
    long entry = call.inspect(2);
    if (entry == Entry.NONE) {
      call.reply().nil();
    }
    return entry;
  }

  private static void encoding(Call call) {
    long entry = entry(call);
    if (entry != Entry.NONE) {
      call.reply().bulk(Values.encodingName(entry));
    }
  }

  private static void referenceCount(Call call) {
    long entry = entry(call);
    if (entry != Entry.NONE) {
      boolean shared =
          !accessIsKept(call)
              && Entry.isString(entry)
              && StringValue.isInteger(entry)
              && StringValue.integer(entry) >= 0
              && StringValue.integer(entry) < SHARED_INTEGERS;
      call.reply().integer(shared ? Integer.MAX_VALUE : 1);
    }
  }

  /**
   * Returns true if eviction needs the last access of each value; Redis then does not share
   * objects.
   */
  private static boolean accessIsKept(Call call) {
    return call.settings().memory.maxmemory.value() > 0
        && switch (call.settings().memory.maxmemoryPolicy.value()) {
          case ALLKEYS_LRU, ALLKEYS_LFU, ALLKEYS_LRM, VOLATILE_LRU, VOLATILE_LFU, VOLATILE_LRM ->
              true;
          case ALLKEYS_RANDOM, VOLATILE_RANDOM, VOLATILE_TTL, NOEVICTION -> false;
        };
  }

  private static void frequency(Call call) {
    long entry = entry(call);
    if (entry != Entry.NONE) {
      AccessClock clock = call.keyspace().accessClock();
      if (!clock.isLfu()) {
        throw NOT_LFU;
      }
      call.reply().integer(clock.frequency(entry, call.keyspace().nowMillis()));
    }
  }

  private static void idleTime(Call call) {
    long entry = entry(call);
    if (entry != Entry.NONE) {
      AccessClock clock = call.keyspace().accessClock();
      if (clock.isLfu()) {
        throw NOT_LRU;
      }
      call.reply().integer(clock.idleSeconds(entry, call.keyspace().nowMillis()));
    }
  }
}
