package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.ByteString;
import java.util.Locale;

/**
 * What can happen to a key, by the name under which keyspace notifications publish it, with the
 * class that {@code notify-keyspace-events} selects it by.
 */
public enum KeyEvent {
  APPEND(KeyEventClass.STRING),
  SET(KeyEventClass.STRING),
  SETRANGE(KeyEventClass.STRING),
  SETBIT(KeyEventClass.STRING),
  PFADD(KeyEventClass.STRING),
  INCRBY(KeyEventClass.STRING),
  INCRBYFLOAT(KeyEventClass.STRING),
  DEL(KeyEventClass.GENERIC),
  EXPIRE(KeyEventClass.GENERIC),
  PERSIST(KeyEventClass.GENERIC),
  RENAME_FROM(KeyEventClass.GENERIC),
  RENAME_TO(KeyEventClass.GENERIC),
  MOVE_FROM(KeyEventClass.GENERIC),
  MOVE_TO(KeyEventClass.GENERIC),
  COPY_TO(KeyEventClass.GENERIC),
  RESTORE(KeyEventClass.GENERIC),
  EXPIRED(KeyEventClass.EXPIRED),
  EVICTED(KeyEventClass.EVICTED),
  NEW(KeyEventClass.NEW),
  KEYMISS(KeyEventClass.KEY_MISS);

  private final ByteString wireName;
  private final KeyEventClass eventClass;

  KeyEvent(KeyEventClass eventClass) {
    this.wireName = ByteString.of(name().toLowerCase(Locale.ROOT));
    this.eventClass = eventClass;
  }

  /** The event's name as published, e.g. {@code rename_from}. */
  public ByteString wireName() {
    return wireName;
  }

  /** The class that selects it. */
  public KeyEventClass eventClass() {
    return eventClass;
  }
}
