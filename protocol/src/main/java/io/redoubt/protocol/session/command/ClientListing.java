package io.redoubt.protocol.session.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientLine;
import io.redoubt.protocol.session.ClientRegistry;
import java.lang.foreign.ValueLayout;
import java.util.function.Predicate;

/**
 * The reply of CLIENT LIST. It lists the clients that were connected at its start, each once and as
 * it is when its line is written; those that have ended by then are missing. Ids and lines are off
 * the heap, since other clients influence their number and length.
 */
final class ClientListing implements SlicedReply {
  /** The number of lines per step, at which 500 clients are listed without blocking. */
  private static final int LINES = 64;

  private static final int LINE_CHARS = 512;

  private final ClientRegistry registry;
  private final Predicate<Client> filter;
  private final BufferMemory.Block ids;
  private final ReplyCollector collected;
  private final ReplyWriter lines;
  private final Client own;
  private final StringBuilder line = new StringBuilder(LINE_CHARS);

  /** The line of the own client before it was blocked. */
  private final byte[] ownLine;

  private int count;
  private int next;

  /**
   * Creates an empty listing.
   *
   * @param most the maximum number of ids that are added
   */
  ClientListing(ClientRegistry registry, Client own, Predicate<Client> filter, int most) {
    this.registry = registry;
    this.own = own;
    this.filter = filter;
    ownLine = line(own);
    ids = registry.memory().allocate(Math.max(1, most) * (long) Long.BYTES);
    collected = new ReplyCollector(registry.memory());
    lines = new ReplyWriter(collected);
  }

  /** Creates a listing of all clients that match a filter. */
  static ClientListing of(ClientRegistry registry, Client own, Predicate<Client> filter) {
    ClientListing listing = new ClientListing(registry, own, filter, registry.count());
    registry.view().forEach(each -> listing.add(each.id()));
    return listing;
  }

  /** Adds an id, which may be unknown. */
  void add(long id) {
    ids.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, at(count++), id);
  }

  private long at(int index) {
    return ids.offset() + (long) index * Long.BYTES;
  }

  private byte[] line(Client client) {
    line.setLength(0);
    ClientLine.append(line, client, client.context().clock().wallMillis());
    return line.append('\n').toString().getBytes(UTF_8);
  }

  @Override
  public boolean step() {
    if (next > 0) {
      collected.reserve(
          collected.length() / next * (count - next)); // at the length of lines so far
    }
    for (int end = Math.min(count, next + LINES); next < end; next++) {
      Client client = registry.byId(ids.memory().get(ValueLayout.JAVA_LONG_UNALIGNED, at(next)));
      if (client != null && filter.test(client)) {
        lines.raw(client.equals(own) ? ownLine : line(client));
      }
    }
    return next < count;
  }

  @Override
  public void write(ReplyWriter reply) {
    reply.verbatim("txt", collected.memory(), collected.start(), collected.length());
  }

  @Override
  public long memoryBytes() {
    return ids.sizeBytes() + collected.capacityBytes();
  }

  @Override
  public void close() {
    registry.memory().free(ids);
    collected.close();
  }
}
