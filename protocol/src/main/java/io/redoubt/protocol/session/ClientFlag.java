package io.redoubt.protocol.session;

/** A flag of a client, shown as a letter in CLIENT LIST, in the order of the letters there. */
public enum ClientFlag {
  /** Receives every command of other clients (MONITOR). */
  MONITOR('O'),
  /** A replica of this server. */
  REPLICA('S'),
  /** This server's master. */
  MASTER('M'),
  /** Subscribed to channels or patterns. */
  PUBSUB('P'),
  /** Between MULTI and EXEC. */
  MULTI('x'),
  /** Blocked in a command. */
  BLOCKED('b'),
  /** Client-side caching is on. */
  TRACKING('t'),
  /** The client to which invalidations are redirected no longer exists. */
  TRACKING_BROKEN('R'),
  /** Receives invalidations by prefix, not of the keys that it has read. */
  TRACKING_BROADCAST('B'),
  /** A watched key has changed, so EXEC will fail. */
  DIRTY_WATCH('d'),
  /** Closes when its replies have been sent. */
  CLOSE_AFTER_REPLY('c'),
  /** Just unblocked; its pending requests run at the end of the turn. */
  UNBLOCKED('u'),
  /** Closes at the end of the turn. */
  CLOSE_ASAP('A'),
  /** Connected over a Unix socket. */
  UNIX_SOCKET('U'),
  /** In cluster mode: reads from a replica. */
  READONLY('r'),
  /** Exempt from eviction of clients. */
  NO_EVICT('e'),
  /** Its reads do not update the access time of keys. */
  NO_TOUCH('T');

  private final char letter;

  ClientFlag(char letter) {
    this.letter = letter;
  }

  public char letter() {
    return letter;
  }

  int bit() {
    return 1 << ordinal();
  }
}
