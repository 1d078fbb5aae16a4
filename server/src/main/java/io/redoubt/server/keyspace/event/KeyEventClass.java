package io.redoubt.server.keyspace.event;

/** The classes of keyspace events, by the letters of {@code notify-keyspace-events}. */
public enum KeyEventClass {
  KEYSPACE('K', false),
  KEYEVENT('E', false),
  GENERIC('g', true),
  STRING('$', true),
  LIST('l', true),
  SET('s', true),
  HASH('h', true),
  SORTED_SET('z', true),
  EXPIRED('x', true),
  EVICTED('e', true),
  STREAM('t', true),
  KEY_MISS('m', false),
  MODULE('d', true),
  NEW('n', false),
  OVERWRITTEN('o', false),
  TYPE_CHANGED('c', false),
  SUBKEYSPACE('S', false),
  SUBKEYEVENT('T', false),
  SUBKEYSPACEITEM('I', false),
  SUBKEYSPACEEVENT('V', false);

  /** The kinds of channels of events of single fields. */
  static final int SUBKEY_CHANNELS =
      SUBKEYSPACE.bit() | SUBKEYEVENT.bit() | SUBKEYSPACEITEM.bit() | SUBKEYSPACEEVENT.bit();

  private final char letter;
  private final boolean inAll;

  KeyEventClass(char letter, boolean inAll) {
    this.letter = letter;
    this.inAll = inAll;
  }

  public char letter() {
    return letter;
  }

  /** Returns true if the letter {@code A} includes this class. */
  public boolean inAll() {
    return inAll;
  }

  /** Returns this class as one bit of a mask. */
  public int bit() {
    return 1 << ordinal();
  }
}
