package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.RequestBatch;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Prefetch;
import java.util.Arrays;
import java.util.Set;

/**
 * Prefetches memory for the next requests, so that their cache misses overlap: the entries of their
 * first keys, and for large hashes, sets and sorted sets also the first element named by the
 * request.
 *
 * <p>The first argument is the key of nearly every pipelined command; for others only a little time
 * is wasted.
 */
final class LookAhead {
  private static final int MAX_BATCH = 64;
  private static final int MAX_BYTES = 512;
  private static final Set<String> ELEMENTS = Set.of("field", "member");

  private final Keyspace keyspace;
  private final Prefetch prefetch;
  private final CommandTable<Call> table;
  private final Request[] requests = new Request[MAX_BATCH];
  private final long[] addresses = new long[MAX_BATCH];
  private final int[] lengths = new int[MAX_BATCH];
  private int count;

  /**
   * The index, by command, of the word that names an element; 0 for none, -1 if not determined yet.
   */
  private int[] elementAt = {};

  LookAhead(Keyspace keyspace, CommandTable<Call> table) {
    this.keyspace = keyspace;
    prefetch = new Prefetch(keyspace);
    this.table = table;
  }

  /** Makes room for the complete command table. */
  void onCommandsDeclared() {
    elementAt = new int[table.numbered().size()];
    Arrays.fill(elementAt, -1);
  }

  /** Prefetches for the requests of several clients. */
  void touch(RequestBatch batch) {
    int database = databaseOf(batch, 0);
    for (int i = 0; i < batch.count(); i++) {
      int wanted = databaseOf(batch, i);
      if (wanted != database) {
        touchIn(keyspace.database(database));
        database = wanted;
      }
      add(batch.request(i));
    }
    touchIn(keyspace.database(database));
  }

  private static int databaseOf(RequestBatch batch, int i) {
    Client client = batch.client(i);
    return client == null ? 0 : client.databaseIndex();
  }

  void touch(Client client, Request[] batch, int size) {
    for (int i = 0; i < size; i++) {
      add(batch[i]);
    }
    touchIn(keyspace.database(client.databaseIndex()));
  }

  private void add(Request request) {
    if (request.count() > 1 && request.length(1) <= MAX_BYTES) {
      requests[count] = request;
      addresses[count] = request.offset(1);
      lengths[count++] = request.length(1);
    }
  }

  private void touchIn(Database database) {
    if (prefetch.keys(database, addresses, lengths, count)) {
      for (int i = 0; i < count; i++) {
        element(i);
      }
      prefetch.elements(database, addresses, lengths, count);
    }
    count = 0;
  }

  private void element(int i) {
    Request request = requests[i];
    Command<Call> command = table.find(request);
    int at = command == null ? 0 : elementAt(command);
    lengths[i] = -1;
    if (at > 0 && at < request.count() && request.length(at) <= MAX_BYTES) {
      addresses[i] = request.offset(at);
      lengths[i] = request.length(at);
    }
  }

  private int elementAt(Command<Call> command) {
    int at = elementAt[command.id()];
    if (at < 0) {
      at = command.positionOf(ELEMENTS);
      elementAt[command.id()] = at;
    }
    return at;
  }
}
