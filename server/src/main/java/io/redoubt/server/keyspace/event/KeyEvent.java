package io.redoubt.server.keyspace.event;

import io.redoubt.protocol.bytes.ByteString;
import java.util.Locale;

/**
 * The keyspace events, each with the name under which notifications publish it and the class by
 * which {@code notify-keyspace-events} selects it.
 */
public enum KeyEvent {
  APPEND(KeyEventClass.STRING),
  SET(KeyEventClass.STRING),
  SETRANGE(KeyEventClass.STRING),
  SETBIT(KeyEventClass.STRING),
  PFADD(KeyEventClass.STRING),
  INCRBY(KeyEventClass.STRING),
  INCRBYFLOAT(KeyEventClass.STRING),
  LPUSH(KeyEventClass.LIST),
  RPUSH(KeyEventClass.LIST),
  LINSERT(KeyEventClass.LIST),
  LSET(KeyEventClass.LIST),
  LREM(KeyEventClass.LIST),
  LTRIM(KeyEventClass.LIST),
  LPOP(KeyEventClass.LIST),
  RPOP(KeyEventClass.LIST),
  SORTSTORE(KeyEventClass.LIST),
  HSET(KeyEventClass.HASH),
  HINCRBY(KeyEventClass.HASH),
  HINCRBYFLOAT(KeyEventClass.HASH),
  HDEL(KeyEventClass.HASH),
  HEXPIRE(KeyEventClass.HASH),
  HEXPIRED(KeyEventClass.HASH),
  HPERSIST(KeyEventClass.HASH),
  SADD(KeyEventClass.SET),
  SREM(KeyEventClass.SET),
  SPOP(KeyEventClass.SET),
  SINTERSTORE(KeyEventClass.SET),
  SUNIONSTORE(KeyEventClass.SET),
  SDIFFSTORE(KeyEventClass.SET),
  ZADD(KeyEventClass.SORTED_SET),
  ZINCR(KeyEventClass.SORTED_SET),
  ZREM(KeyEventClass.SORTED_SET),
  ZREMRANGEBYSCORE(KeyEventClass.SORTED_SET),
  ZREMRANGEBYRANK(KeyEventClass.SORTED_SET),
  ZREMRANGEBYLEX(KeyEventClass.SORTED_SET),
  ZPOPMIN(KeyEventClass.SORTED_SET),
  ZPOPMAX(KeyEventClass.SORTED_SET),
  ZRANGESTORE(KeyEventClass.SORTED_SET),
  ZINTERSTORE(KeyEventClass.SORTED_SET),
  ZUNIONSTORE(KeyEventClass.SORTED_SET),
  ZDIFFSTORE(KeyEventClass.SORTED_SET),
  GEOSEARCHSTORE(KeyEventClass.SORTED_SET),
  GEORADIUSSTORE(KeyEventClass.SORTED_SET),
  XADD(KeyEventClass.STREAM),
  XTRIM(KeyEventClass.STREAM),
  XDEL(KeyEventClass.STREAM),
  XSETID(KeyEventClass.STREAM),
  XGROUP_CREATE("xgroup-create", KeyEventClass.STREAM),
  XGROUP_CREATECONSUMER("xgroup-createconsumer", KeyEventClass.STREAM),
  XGROUP_DELCONSUMER("xgroup-delconsumer", KeyEventClass.STREAM),
  XGROUP_DESTROY("xgroup-destroy", KeyEventClass.STREAM),
  XGROUP_SETID("xgroup-setid", KeyEventClass.STREAM),
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
  OVERWRITTEN(KeyEventClass.OVERWRITTEN),
  TYPE_CHANGED(KeyEventClass.TYPE_CHANGED),
  KEYMISS(KeyEventClass.KEY_MISS);

  private final ByteString wireName;
  private final KeyEventClass eventClass;

  KeyEvent(KeyEventClass eventClass) {
    this.wireName = ByteString.of(name().toLowerCase(Locale.ROOT));
    this.eventClass = eventClass;
  }

  KeyEvent(String wireName, KeyEventClass eventClass) {
    this.wireName = ByteString.of(wireName);
    this.eventClass = eventClass;
  }

  /** Returns the event's name as published, e.g. {@code rename_from}. */
  public ByteString wireName() {
    return wireName;
  }

  public KeyEventClass eventClass() {
    return eventClass;
  }

  /** Returns true if its commands give a key a new value that does not depend on the old one. */
  public boolean isOfNewValue() {
    return switch (this) {
      case SET,
          COPY_TO,
          RENAME_TO,
          RESTORE,
          SORTSTORE,
          SINTERSTORE,
          SUNIONSTORE,
          SDIFFSTORE,
          ZRANGESTORE,
          ZINTERSTORE,
          ZUNIONSTORE,
          ZDIFFSTORE,
          GEOSEARCHSTORE,
          GEORADIUSSTORE ->
          true;
      default -> false;
    };
  }
}
