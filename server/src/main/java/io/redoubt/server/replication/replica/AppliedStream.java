package io.redoubt.server.replication.replica;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.settings.EncodingDirectives;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The master's stream as this server applies it: the decoder, which exists once the stream has
 * started, and the client that executes the requests, once the data set before it is loaded.
 */
final class AppliedStream implements MasterStream.Target, AutoCloseable {
  private final ClientRegistry clients;
  private final Keyspace keyspace;
  private final EncodingDirectives encodings;
  private final ReplicationStream stream;
  private final Dispatcher dispatcher;
  private @Nullable MasterStream decoder;
  private @Nullable ServerClient client;

  /** True if memory ran out while the stream was applied, so that the data set may diverge. */
  private boolean outOfStep;

  AppliedStream(
      ClientRegistry clients,
      Keyspace keyspace,
      EncodingDirectives encodings,
      ReplicationStream stream) {
    this.clients = clients;
    this.keyspace = keyspace;
    this.encodings = encodings;
    this.stream = stream;
    dispatcher = clients.dispatcher();
  }

  void open() {
    decoder = new MasterStream(clients.memory(), clients.limits(), this);
  }

  /** Returns true once the stream has started. */
  boolean isOpen() {
    return decoder != null;
  }

  void attach(ServerClient master) {
    client = master;
  }

  /** Returns true while a client executes the stream. */
  boolean isAttached() {
    return client != null;
  }

  /** Returns the bytes received but not applied, including an open transaction. */
  long unappliedBytes() {
    return decoder == null ? 0 : decoder.unappliedBytes();
  }

  /** Returns the database selected by the stream, -1 before it is executed. */
  int database() {
    return client == null ? -1 : client.databaseIndex();
  }

  /** Applies received bytes. */
  void receive(MemorySegment memory, long from, long to) throws ProtocolException {
    if (decoder != null) {
      decoder.receive(memory, from, to);
    }
  }

  /** Applies the first piece of buffered bytes. */
  void applyPiece(StreamAhead ahead) throws IOException, ProtocolException {
    if (decoder != null) {
      ahead.applyPiece(decoder);
    }
  }

  /** Returns true if the data set may lack a part of the stream. */
  boolean isOutOfStep() {
    return outOfStep;
  }

  /** Records that a part of the stream could not be applied. */
  void setOutOfStep() {
    outOfStep = true;
  }

  @Override
  public void lookAhead(Request[] batch, int count) {
    if (client != null) {
      dispatcher.lookAhead(client, batch, count);
    }
  }

  @Override
  public void execute(Request request) {
    ServerClient master = client;
    if (master == null) {
      return;
    }
    keyspace.setExpiredKeys(ExpiredKeys.KEEP);
    dispatcher.dispatch(master, request);
    outOfStep |= master.isOutOfStep();
    if (isAttached()) { // otherwise the request has ended the link, and a new role holds
      keyspace.setExpiredKeys(ExpiredKeys.HIDE);
    }
  }

  @Override
  public boolean takesFieldExpiry() {
    return encodings.hashFieldExpiry.value();
  }

  @Override
  public boolean goesOn() {
    return !outOfStep && client != null && client.mayExecute();
  }

  @Override
  public boolean inTransaction() {
    return client != null && client.transaction() != null;
  }

  @Override
  public void onApplied(MemorySegment memory, long from, long to) {
    if (!outOfStep) {
      stream.append(memory, from, to - from);
    }
  }

  /** Ends the stream and closes its client. */
  @Override
  public void close() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
    ServerClient master = client;
    client = null;
    if (master != null) {
      master.close();
    }
  }
}
