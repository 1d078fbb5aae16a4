package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.cluster.routing.Routing;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Checks in cluster mode whether this node executes a request, by the slots of its keys. Allocates
 * only for a refusal.
 */
public final class SlotGate implements KeyVisitor {
  /** The slot of a request without keys. */
  static final int NO_SLOT = Routing.NO_SLOT;

  private static final int WRITES = 1;
  private static final int SHARDED = 2;
  private static final int MIGRATES = 4;
  private static final int ASKING = 8;
  private static final int READ_ONLY = 16;
  private static final int TLS = 32;
  private static final Routing.Kind[] KINDS = kinds();

  private final Routing routing;
  private final BiPredicate<Command<?>, Request> mayWrite;
  private final Request queued = new Request();
  private Request request = queued;
  private final Keyspace keyspace;

  /** The database of the checked request. */
  private Database database;

  private boolean keysAreChannels;

  /** The last queued command with sharded channels as keys. */
  private @Nullable Command<?> queuedForChannels;

  /**
   * Creates a gate.
   *
   * @param mayWrite returns true if a request may change keys, by its flags for a script
   */
  public SlotGate(Routing routing, Keyspace keyspace, BiPredicate<Command<?>, Request> mayWrite) {
    this.routing = routing;
    this.mayWrite = mayWrite;
    this.keyspace = keyspace;
    this.database = keyspace.database(0);
  }

  private static Routing.Kind[] kinds() {
    Routing.Kind[] kinds = new Routing.Kind[2 * TLS];
    for (int i = 0; i < kinds.length; i++) {
      kinds[i] =
          new Routing.Kind(
              (i & WRITES) != 0,
              (i & SHARDED) != 0,
              (i & MIGRATES) != 0,
              (i & ASKING) != 0,
              (i & READ_ONLY) != 0,
              (i & TLS) != 0);
    }
    return kinds;
  }

  /** Returns the error for a request that this node does not execute, or null. */
  @Nullable CommandError refusal(ServerClient client, Command<?> command, Request asked) {
    begin(client);
    add(command, asked);
    if (routing.isPlain()) {
      return null;
    }
    addOtherDatabase(command, asked);
    return error(routing.refusal(kind(client, command, mayWrite.test(command, asked))));
  }

  private void begin(ServerClient client) {
    routing.begin();
    database = keyspace.database(client.databaseIndex());
  }

  /** Reports MOVE, and COPY to another database. */
  private void addOtherDatabase(Command<?> command, Request asked) {
    if (OtherDatabase.isNamed(command, asked)) {
      routing.crossesDatabases();
    }
  }

  private static @Nullable CommandError error(@Nullable String refusal) {
    return refusal == null ? null : new CommandError(refusal);
  }

  private void add(Command<?> command, Request asked) {
    if (command.keySpecs().first() == 0 && !command.keySpecs().isMovable()) {
      return;
    }
    request = asked;
    keysAreChannels = command.has(Flag.PUBSUB);
    // Names of channels have slots; CLUSTERSCAN checks the slot of its cursor itself.
    boolean unused =
        keysAreChannels
            ? command.keySpecs().forEachRouted(asked, this)
            : command.keySpecs().forEach(asked, this);
  }

  private static Routing.Kind kind(ServerClient client, Command<?> command, boolean writes) {
    boolean sharded = command.has(Flag.PUBSUB);
    int kind = writes ? WRITES : 0;
    kind |= sharded ? SHARDED : 0;
    kind |= command.name().equals("migrate") ? MIGRATES : 0;
    kind |= client.isAsking() || command.has(Flag.ASKING) ? ASKING : 0;
    // Replicas of the shard deliver sharded messages, too.
    kind |= client.is(ClientFlag.READONLY) || sharded ? READ_ONLY : 0;
    Connection connection = client.open();
    kind |= connection != null && connection.isTls() ? TLS : 0;
    return KINDS[kind];
  }

  /** Returns the error for a read of a slot that this node does not serve, or null. */
  public @Nullable CommandError refusalOfSlot(ServerClient client, Command<?> command, int slot) {
    routing.begin();
    boolean unused = routing.key(slot);
    return routing.isPlain() ? null : error(routing.refusal(kind(client, command, false)));
  }

  /** Checks the keys of all queued commands together, for EXEC. */
  @Nullable CommandError refusal(
      ServerClient client, Command<?> exec, Transaction transaction, CommandTable<?> table) {
    boolean writes = addAll(client, transaction, table);
    if (routing.isPlain()) {
      return null;
    }
    Command<?> kindOf = queuedForChannels == null ? exec : queuedForChannels;
    return error(routing.refusal(kind(client, kindOf, writes)));
  }

  /** Collects the keys of all queued commands; returns true if one of them may write. */
  private boolean addAll(ServerClient client, Transaction transaction, CommandTable<?> table) {
    begin(client);
    boolean writes = false;
    queuedForChannels = null;
    RequestDecoder decoder =
        new RequestDecoder(client.context().limits(), client.context().memory());
    try {
      long place = transaction.start();
      for (int i = 0; i < transaction.count(); i++) {
        place = decoder.decode(transaction.memory(), place, transaction.end(), queued);
        Command<?> command = table.find(queued);
        if (command != null) {
          add(command, queued);
          addOtherDatabase(command, queued);
          select(command, queued);
          writes |= mayWrite.test(command, queued);
          if (command.has(Flag.PUBSUB) && command.firstKey() > 0) {
            queuedForChannels = command;
          }
        }
      }
    } catch (ProtocolException impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      queued.release();
    }
    return writes;
  }

  /** Looks up the keys of the following commands in the database that a SELECT selects. */
  private void select(Command<?> command, Request asked) {
    if (command.name().equals("select") && asked.count() > 1) {
      int index = OtherDatabase.index(asked, 1);
      if (index >= 0 && index < keyspace.count()) {
        database = keyspace.database(index);
      }
    }
  }

  /** Returns the slot of the first key of a transaction, {@link #NO_SLOT} if it has none. */
  int slotOf(Transaction transaction, ServerClient client, CommandTable<?> table) {
    boolean unused = addAll(client, transaction, table);
    return routing.slot();
  }

  /** Returns the slot of a request's first key, {@link #NO_SLOT} if it has none. */
  int slotOf(Command<?> command, Request asked) {
    routing.begin();
    add(command, asked);
    return routing.slot();
  }

  /** Receives a key of the checked request. */
  @Override
  public void key(int argument, int flags) {
    long address = request.offset(argument);
    int length = request.length(argument);
    boolean mustExist = routing.key(KeySlot.of(request.memory(), address, length));
    if (mustExist && !keysAreChannels) {
      long entry = database.find(address, length);
      if (entry == Entry.NONE || database.isDue(entry)) {
        routing.missing();
      }
    }
  }

  /** Redirects clients blocked on keys that this node no longer serves. */
  public void redirectWaiting(ClientRegistry clients) {
    if (clients.blockedCount() == 0) {
      return;
    }
    for (Client each : clients.all()) {
      if (each instanceof ServerClient client && client.waiting() instanceof KeyWait wait) {
        begin(client);
        add(wait.command(), wait.request());
        CommandError refusal =
            error(
                routing.refusalOfWaiting(
                    kind(client, wait.command(), wait.command().has(Flag.WRITE))));
        if (refusal != null) {
          client.unblock(refusal);
        }
      }
    }
  }
}
