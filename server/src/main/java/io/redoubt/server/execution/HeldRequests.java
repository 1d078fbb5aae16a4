package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.keyspace.HeldKeys;
import java.util.Set;
import java.util.function.BiPredicate;

/** Finds requests that must wait because they may change {@link HeldKeys}, which are being read. */
final class HeldRequests implements KeyVisitor {
  private static final long MAY_CHANGE = Flag.WRITE.bit() | Flag.MAY_REPLICATE.bit();
  private static final Set<String> OF_ALL_KEYS = Set.of("flushall", "flushdb", "swapdb");

  private final HeldKeys held;
  private final CommandTable<Call> table;
  private final BiPredicate<Command<Call>, Request> onlyReads;
  private final Request queued = new Request();
  private Request request = queued;
  private boolean found;

  /**
   * Creates the test.
   *
   * @param onlyReads returns true for a script or function that declares not to write
   */
  HeldRequests(
      HeldKeys held, CommandTable<Call> table, BiPredicate<Command<Call>, Request> onlyReads) {
    this.held = held;
    this.table = table;
    this.onlyReads = onlyReads;
  }

  /**
   * Returns true if a request must wait. Repeated requests don't wait, because they belong to the
   * wait of their client.
   */
  boolean mustWait(ServerClient client, Command<Call> command, Request asked) {
    if (held.isEmpty()
        || client.is(ClientFlag.MASTER)
        || client.is(ClientFlag.REPLICA)
        || client.waiting() != null) {
      return false;
    }
    Transaction transaction = client.transaction();
    if (transaction != null && command.name().equals("exec")) {
      return changes(client, transaction);
    }
    return changes(command, asked);
  }

  private boolean changes(ServerClient client, Transaction transaction) {
    RequestDecoder decoder =
        new RequestDecoder(client.context().limits(), client.context().memory());
    try {
      long place = transaction.start();
      for (int i = 0; i < transaction.count(); i++) {
        place = decoder.decode(transaction.memory(), place, transaction.end(), queued);
        Command<Call> command = table.find(queued);
        if (command != null && changes(command, queued)) {
          return true;
        }
      }
      return false;
    } catch (ProtocolException impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      queued.release();
    }
  }

  private boolean changes(Command<Call> command, Request asked) {
    if ((command.flags() & MAY_CHANGE) == 0 || onlyReads.test(command, asked)) {
      return false;
    }
    if (OF_ALL_KEYS.contains(command.name())) {
      return true;
    }
    request = asked;
    found = false;
    boolean unused = command.keySpecs().forEach(asked, this);
    return found;
  }

  @Override
  public void key(int argument, int flags) {
    found =
        found || held.holds(request.memory(), request.offset(argument), request.length(argument));
  }
}
