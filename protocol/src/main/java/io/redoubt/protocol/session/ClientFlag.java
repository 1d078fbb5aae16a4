package io.redoubt.protocol.session;

/** A state of a client that CLIENT LIST shows as a letter, in its order. */
public enum ClientFlag {
  /** Gets every command of the others (MONITOR). */
  MONITOR('O'),
  /** A replica fed by this server. */
  REPLICA('S'),
  /** This server's master. */
  MASTER('M'),
  /** Subscribed to something. */
  PUBSUB('P'),
  /** Between MULTI and EXEC. */
  MULTI('x'),
  /** Waits in a blocking command. */
  BLOCKED('b'),
  /** A watched key has changed: EXEC will fail. */
  DIRTY_WATCH('d'),
  /** Will be closed when its replies have been sent. */
  CLOSE_AFTER_REPLY('c'),
  /** Just unblocked; its kept requests run at the end of the turn. */
  UNBLOCKED('u'),
  /** Will be closed at the end of the turn. */
  CLOSE_ASAP('A'),
  /** Connected by a Unix socket. */
  UNIX_SOCKET('U'),
  /** In cluster mode: reads from a replica. */
  READONLY('r'),
  /** Not to be evicted for the memory of clients. */
  NO_EVICT('e'),
  /** Its reads leave the access clock of keys alone. */
  NO_TOUCH('T');

  private final char letter;

  ClientFlag(char letter) {
    this.letter = letter;
  }

  /** The letter in CLIENT LIST. */
  public char letter() {
    return letter;
  }

  int bit() {
    return 1 << ordinal();
  }
}
