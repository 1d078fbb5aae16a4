package io.redoubt.protocol.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.SharedMessage;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The clients with client-side caching (CLIENT TRACKING): their modes, the prefixes of broadcasts,
 * and the messages to them. The tables of keys belong to the data server. Confined to the loop.
 *
 * <p>A message to a client whose command is running follows its reply.
 */
public final class TrackedClients {
  /** The keys of a broadcast. */
  public interface ChangedKeys {
    /** Returns the number of keys, without those last changed by a client. */
    long count(long withoutClientId);

    /** Writes the array of all keys. */
    void write(ReplyWriter to);

    /**
     * Writes the array of keys without those last changed by a client.
     *
     * @param count the number of keys in it
     * @param all the bytes of the array of all keys, from which the others are copied
     */
    void writeOthers(ReplyWriter to, long withoutClientId, long count, ReplyCollector all);
  }

  /** The id of no client. */
  public static final long NO_CLIENT = 0;

  private static final String CHANNEL = "__redis__:invalidate";
  private static final byte[] NIL = "$-1\r\n".getBytes(US_ASCII);
  private static final byte[] NULL = "_\r\n".getBytes(US_ASCII);

  private final Map<Long, Client> clients = new LinkedHashMap<>();
  private final TrackedPrefixes prefixes = new TrackedPrefixes();

  public TrackedClients() {}

  public int count() {
    return clients.size();
  }

  public int prefixes() {
    return prefixes.count();
  }

  // ---- modes

  /**
   * Turns tracking on, or replaces its options. Prefixes are added to the earlier ones.
   *
   * @param added the prefixes to add, none for all keys; ignored unless the mode is to broadcast
   */
  public void start(Client client, Tracking.Mode mode, List<ByteString> added) {
    Tracking tracking = client.tracking();
    if (tracking == null) {
      tracking = new Tracking();
      clients.put(client.id(), client);
    }
    tracking.setMode(mode);
    client.setTracking(tracking);
    if (mode.broadcast()) {
      for (ByteString prefix : added.isEmpty() ? List.of(ByteString.EMPTY) : added) {
        if (tracking.add(prefix)) {
          prefixes.add(prefix, client);
        }
      }
    }
  }

  /** Turns tracking off; no effect if it is off. */
  public void stop(Client client) {
    Tracking tracking = client.tracking();
    if (tracking == null) {
      return;
    }
    client.setTracking(null);
    clients.remove(client.id());
    tracking.prefixes().forEach(prefix -> prefixes.remove(prefix, client));
  }

  /** Ends the effect of CLIENT CACHING, which applies to one command or one transaction. */
  void onCommandEnd(Client client) {
    Tracking tracking = client.tracking();
    if (tracking != null && tracking.isCachingGiven() && client.queuedCommands() < 0) {
      Command<?> command = client.lastCommand();
      tracking.setCachingGiven(command != null && command.name().startsWith("client|"));
    }
  }

  // ---- messages

  /** Returns the message that a key has changed. The key must not move until it has been sent. */
  public static SharedMessage invalidation(MemorySegment memory, long key, int length) {
    return invalidation(writer -> {
      writer.array(1);
      writer.bulk(memory, key, length);
    });
  }

  private static SharedMessage invalidation(Consumer<ReplyWriter> keys) {
    return new SharedMessage(writer -> {
      if (writer.resp() > 2) {
        writer.push(2);
        writer.bulk("invalidate");
      } else {
        writer.array(3);
        writer.bulk("message");
        writer.bulk(CHANNEL);
      }
      keys.accept(writer);
    });
  }

  /**
   * Sends a key to a client that has read it, if that still tracks its reads.
   *
   * @param message the {@linkplain #invalidation(MemorySegment, long, int) message} to all readers
   * @param byCommand true if the running command changed the key; its own client is not notified if
   *     it has NOLOOP
   */
  public void invalidate(long clientId, SharedMessage message, boolean byCommand) {
    Client client = clients.get(clientId);
    Tracking tracking = client == null ? null : client.tracking();
    if (client == null || tracking == null || tracking.mode().broadcast()) {
      return;
    }
    boolean spared = byCommand && tracking.mode().noLoop() && client.isCurrent();
    if (!spared) {
      send(client, tracking, message);
    }
  }

  /** Notifies all clients with tracking that their whole cache is invalid. */
  public void invalidateAll() {
    for (Client client : clients.values()) {
      Tracking tracking = client.tracking();
      if (tracking != null) {
        byte[] nothing = client.reply().resp() > 2 ? NULL : NIL; // as Redis, even if redirected
        send(client, tracking, invalidation(writer -> writer.raw(nothing)));
      }
    }
  }

  public boolean isBroadcasting() {
    return prefixes.count() > 0;
  }

  /** Passes the prefixes of a key to a consumer. */
  public void forEachPrefix(
      MemorySegment memory, long key, int length, Consumer<TrackedPrefix> consumer) {
    prefixes.forEach(memory, key, length, consumer);
  }

  /**
   * Sends changed keys to the clients with a prefix. If memory runs out they are closed, since
   * their caches would become stale.
   */
  public void broadcast(TrackedPrefix prefix, ChangedKeys keys) {
    if (prefix.clients().isEmpty()) {
      return;
    }
    ClientContext context = prefix.clients().iterator().next().context();
    try (ReplyCollector all = new ReplyCollector(context.memory())) {
      keys.write(new ReplyWriter(all));
      long count = keys.count(NO_CLIENT);
      SharedMessage message =
          invalidation(writer -> writer.raw(all.memory(), all.start(), all.length()));
      for (Client client : prefix.clients()) {
        Tracking tracking = client.tracking();
        if (tracking != null) {
          broadcast(client, tracking, keys, count, all, message);
        }
      }
    } catch (OutOfMemoryError full) {
      context
          .log()
          .warning(
              "Closing clients with tracking, because memory does not suffice to send them changed"
                  + " keys: %s",
              full.getMessage());
      prefix.clients().forEach(Client::closeSoon);
    }
  }

  private static void broadcast(
      Client client,
      Tracking tracking,
      ChangedKeys keys,
      long count,
      ReplyCollector all,
      SharedMessage message) {
    long others = tracking.mode().noLoop() ? keys.count(client.id()) : count;
    if (others == count) {
      send(client, tracking, message);
    } else if (others > 0) {
      send(
          client,
          tracking,
          invalidation(writer -> keys.writeOthers(writer, client.id(), others, all)));
    }
  }

  /**
   * Sends a message to a client or to the one that it redirects to: as a push message in RESP3, as
   * a message of the channel in RESP2 to a client with subscriptions.
   */
  private static void send(Client client, Tracking tracking, SharedMessage message) {
    long redirectId = tracking.mode().redirectId();
    Client to = redirectId == 0 ? client : client.other(redirectId);
    if (to == null) {
      breakRedirection(client, redirectId);
    } else if (to.reply().resp() > 2 || (redirectId != 0 && to.is(ClientFlag.PUBSUB))) {
      to.push(message);
    }
  }

  private static void breakRedirection(Client client, long redirectId) {
    client.setFlag(ClientFlag.TRACKING_BROKEN, true);
    if (client.reply().resp() > 2) {
      client.push(writer -> {
        writer.push(2);
        writer.bulk("tracking-redir-broken");
        writer.integer(redirectId);
      });
    }
  }
}
