package io.redoubt.server.keyspace.event;

import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * The publisher of keyspace notifications on {@code __keyspace@<db>__:<key>} and {@code
 * __keyevent@<db>__:<event>}, as selected by {@code notify-keyspace-events}.
 */
public final class KeyspaceEvents {
  /** The delivery of a message to the subscribers of a channel. */
  @FunctionalInterface
  public interface Publisher {
    void publish(ByteString channel, ByteString message);
  }

  private final Publisher publisher;
  private final FieldEvents changedFields;
  private final FieldEvents expiredFields;
  private int enabled;
  private boolean fieldsEnabled;

  /**
   * The number of databases whose events are published; a cluster node's staged database is
   * excluded.
   */
  private int databases = Integer.MAX_VALUE;

  /** Creates events that go to {@code publisher}; none is enabled yet. */
  public KeyspaceEvents(Publisher publisher) {
    this.publisher = publisher;
    changedFields = new FieldEvents(publisher);
    expiredFields = new FieldEvents(publisher);
  }

  /**
   * Enables the classes whose {@link KeyEventClass#bit()} is set in {@code mask}; events of keys
   * are not published unless at least one of {@code KEYSPACE} and {@code KEYEVENT} is among them.
   * Events of fields, which have channels of their own, are also published if the mask has no class
   * of events at all.
   */
  public void enable(int mask) {
    int outlets = KeyEventClass.KEYSPACE.bit() | KeyEventClass.KEYEVENT.bit();
    enabled = (mask & outlets) == 0 ? 0 : mask;
    int channels = mask & KeyEventClass.SUBKEY_CHANNELS;
    int classes = mask & ~(outlets | channels);
    fieldsEnabled = channels != 0 && (classes == 0 || (classes & KeyEventClass.HASH.bit()) != 0);
    changedFields.enable(channels);
    expiredFields.enable(channels);
  }

  /** Publishes events of the first databases only. */
  public void onlyOf(int firstDatabases) {
    databases = firstDatabases;
  }

  /** Returns true if events of this class are published; spares callers the cost of the key. */
  public boolean enabled(KeyEventClass eventClass) {
    return (enabled & eventClass.bit()) != 0;
  }

  /** Publishes the event of a key that lies in {@code memory}, if its class is enabled. */
  public void notify(
      KeyEvent event, int database, MemorySegment memory, long keyOffset, int keyLength) {
    if (enabled(event.eventClass()) && database < databases) {
      notify(event, database, ByteString.copyOf(memory, keyOffset, keyLength));
    }
  }

  /**
   * Starts the notification of an event of fields of a key, if such events are enabled, and returns
   * it.
   */
  public FieldEvents beginFields(
      KeyEvent event, int database, MemorySegment memory, long keyOffset, int keyLength) {
    return begin(changedFields, event, database, memory, keyOffset, keyLength);
  }

  /** Like {@link #beginFields}, for expired fields, in addition to a notification of a command. */
  public FieldEvents beginExpiredFields(
      int database, MemorySegment memory, long keyOffset, int keyLength) {
    return begin(expiredFields, KeyEvent.HEXPIRED, database, memory, keyOffset, keyLength);
  }

  private FieldEvents begin(
      FieldEvents fields,
      KeyEvent event,
      int database,
      MemorySegment memory,
      long keyOffset,
      int keyLength) {
    if (fieldsEnabled && database < databases) {
      fields.begin(event, database, memory, keyOffset, keyLength);
    } else {
      fields.discard();
    }
    return fields;
  }

  /** Returns the notification of expired fields that has started, if it has. */
  public FieldEvents expiredFields() {
    return expiredFields;
  }

  /** Publishes the event of a key, if its class is enabled. */
  public void notify(KeyEvent event, int database, ByteString key) {
    if (!enabled(event.eventClass()) || database >= databases) {
      return;
    }
    if ((enabled & KeyEventClass.KEYSPACE.bit()) != 0) {
      publisher.publish(channel("__keyspace@" + database + "__:", key), event.wireName());
    }
    if ((enabled & KeyEventClass.KEYEVENT.bit()) != 0) {
      publisher.publish(channel("__keyevent@" + database + "__:", event.wireName()), key);
    }
  }

  private static ByteString channel(String prefix, ByteString rest) {
    byte[] head = prefix.getBytes(StandardCharsets.US_ASCII);
    byte[] whole = new byte[head.length + rest.length()];
    System.arraycopy(head, 0, whole, 0, head.length);
    rest.copyTo(MemorySegment.ofArray(whole), head.length);
    return ByteString.of(whole);
  }
}
