package io.redoubt.protocol.command;

/**
 * What a command does to the keys of one of its key specs. Declared in the order in which COMMAND
 * INFO lists them.
 */
public enum KeyFlag {
  /** Reads the value (not necessarily returning it). */
  RO("RO"),
  /** Changes the value, keeping some of it or looking at it. */
  RW("RW"),
  /** Overwrites the value without looking at it. */
  OW("OW"),
  /** Removes the key. */
  RM("RM"),
  /** Returns, copies or acts on the user's data in the value. */
  ACCESS("access"),
  /** Changes the user's data in the value. */
  UPDATE("update"),
  /** Adds data and touches none that is there. */
  INSERT("insert"),
  /** Deletes data of the value. */
  DELETE("delete"),
  /** Not a key at all, but to be routed like one. */
  NOT_KEY("not_key"),
  /** The spec may miss keys. */
  INCOMPLETE("incomplete"),
  /** Some arguments change what is done. */
  VARIABLE_FLAGS("variable_flags");

  private final String label;

  KeyFlag(String label) {
    this.label = label;
  }

  /** The name in COMMAND INFO. */
  public String label() {
    return label;
  }

  /** This flag as one bit. */
  public int bit() {
    return 1 << ordinal();
  }

  /** All of these as bits. */
  static int mask(KeyFlag... flags) {
    int mask = 0;
    for (KeyFlag flag : flags) {
      mask |= flag.bit();
    }
    return mask;
  }

  /** Whether any of the flags is in the mask. */
  public static boolean any(int mask, KeyFlag... flags) {
    return (mask & mask(flags)) != 0;
  }
}
